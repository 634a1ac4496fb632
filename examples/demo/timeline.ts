import { STATUS_CODES } from 'node:http';
import type { AttemptOutcome, OutcomeKind, RetryEvent } from '../../lib/index.js';
import type { Screen } from './screen.js';

/** The attempts of one request, a row each, written when they end. */
export class Timeline {
  readonly #screen: Screen;
  #delayMs: number | undefined;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  /** An attempt failed, and there will be another one: for `onRetry`. */
  retry(event: RetryEvent): void {
    this.attempt(event.attempt, outcomeText(event), event.elapsedMs);
    this.#delayMs = event.delayMs;
  }

  /**
   * An attempt ended.
   * @param elapsedMs since the beginning of the request.
   */
  attempt(number: number, outcome: string, elapsedMs: number): void {
    const delay = this.#delayMs === undefined ? '' : `after ${formatMs(this.#delayMs)}`;
    const when = this.#screen.dim(`attempt ${number}`.padEnd(11) + delay.padEnd(14));
    this.#screen.line(`     ${when}${outcome.padEnd(36)}${formatMs(elapsedMs).padStart(8)}`);
  }

  /** Something worth knowing about the request. */
  note(text: string): void {
    this.#screen.line(`     ${this.#screen.dim(text)}`);
  }
}

const KINDS: Readonly<Record<OutcomeKind, string>> = {
  ok: 'ok',
  status: 'status',
  connect: 'no connection',
  dropped: 'connection lost',
  timeout: 'timed out',
  cancelled: 'cancelled',
  permanent: 'failed',
};

/** How an attempt ended: `503 Service Unavailable`, `connection lost (ECONNRESET)`. */
export function outcomeText({ kind, status, code }: AttemptOutcome | RetryEvent): string {
  if (kind === 'status' && status !== undefined) return statusText(status);
  return code === undefined ? KINDS[kind] : `${KINDS[kind]} (${code})`;
}

/** `404 Not Found`. */
export function statusText(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? ''}`.trimEnd();
}

/** `87 ms`, `1.20 s`. */
export function formatMs(ms: number): string {
  return ms < 999.5 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** `1 attempt`, `2 attempts`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
