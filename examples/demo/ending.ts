import { type AxiosResponse, isAxiosError, isCancel } from 'axios';
import type { RequestMetadata } from '../../lib/index.js';
import { count, statusText } from './timeline.js';

/** What became of a request. */
export type Settled =
  | { readonly response: AxiosResponse; readonly error?: undefined }
  | { readonly response?: undefined; readonly error: unknown };

/** Waits for a request, however it ends. */
export async function settle(sent: Promise<AxiosResponse>): Promise<Settled> {
  try {
    return { response: await sent };
  } catch (error) {
    return { error };
  }
}

/**
 * An ending in a few words: `200 after 3 attempts`, `rejected after 1 attempt: ECONNRESET (not-idempotent)`.
 *
 * @param metadata the history, of a request with a policy.
 */
export function endingOf({ response, error }: Settled, metadata?: RequestMetadata): string {
  const attempts = count(metadata?.attempts ?? 1, 'attempt');
  if (response) return `${response.status} after ${attempts}`;
  const reason = metadata?.giveUp === undefined ? '' : ` (${metadata.giveUp})`;
  return `rejected after ${attempts}: ${causeOf(error)}${reason}`;
}

/** Whether the demo, and not the server, ended the request. */
export function wasCancelled({ error }: Settled): boolean {
  return isCancel(error);
}

/** How the one attempt of bare axios ended: its status, or what axios says. */
export function bareOutcome(settled: Settled): string {
  const { response, error } = settled;
  if (response) return statusText(response.status);
  if (wasCancelled(settled)) return 'not finished';
  if (!isAxiosError(error)) return String(error);
  return error.response ? statusText(error.response.status) : error.message;
}

function causeOf(error: unknown): string {
  if (!isAxiosError(error)) return String(error);
  return `${error.response?.status ?? error.code ?? error.message}`;
}
