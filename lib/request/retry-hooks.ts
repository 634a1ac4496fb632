import type { ResolvedRetry } from '../config/resolved.js';
import type { GiveUpReason } from '../config/types.js';
import type { Retry } from '../retry/decide.js';
import { BodyEdits } from './body.js';
import type { Call } from './call.js';
import { nameOf } from './call.js';
import { CANCELLED, whileWanted } from './cancellation.js';
import { discreet, hiddenOf, outcomeOf } from './outcome.js';
import type { AttemptResult } from './pending-retry.js';
import type { Channels } from './platform.js';
import { reportHookError } from './warnings.js';

/** The caller's hooks around a retry. They may take their time, but no longer than the request is wanted. */

/**
 * Asks `shouldRetry`.
 *
 * @returns `undefined` leaves the decision to the table.
 * @throws CANCELLED
 */
export async function askShouldRetry(
  call: Call,
  result: AttemptResult,
  { shouldRetry }: ResolvedRetry,
): Promise<boolean | undefined> {
  if (shouldRetry === undefined || result.kind === 'cancelled') return undefined;
  try {
    const outcome = discreet(outcomeOf(call, result), hiddenOf(result));
    const answer: unknown = await whileWanted(shouldRetry(outcome), result.config, call);
    return typeof answer === 'boolean' ? answer : undefined;
  } catch (error) {
    report('shouldRetry', error, call);
    return undefined;
  }
}

/**
 * Tells of a retry to come, and lets `onRetry` edit it.
 *
 * @param result with the config of the next attempt.
 * @throws CANCELLED
 */
export async function beforeRetry(
  call: Call,
  result: AttemptResult,
  decision: Retry,
  channels: Channels,
): Promise<void> {
  if (channels.retries.hasSubscribers) channels.publishRetry(call, result, decision);
  const { retry } = call.settings;
  if (retry === false || retry.onRetry === undefined) return;
  const { config } = result;
  const { delayMs, reason } = decision;
  const edits = call.body && new BodyEdits(call.body, config);
  try {
    const outcome = { ...outcomeOf(call, result), retry: call.record.retries + 1, delayMs, reason };
    await whileWanted(retry.onRetry(discreet(outcome, hiddenOf(result))), call.sent ?? config, call);
    edits?.apply();
  } catch (error) {
    edits?.undo();
    report('onRetry', error, call);
  }
}

/**
 * Tells `onGiveUp` that there will be no retry.
 *
 * @throws CANCELLED
 */
export async function reportGiveUp(
  call: Call,
  result: AttemptResult,
  reason: GiveUpReason,
  channels: Channels,
): Promise<void> {
  channels.publishGiveUp(call, result, reason);
  const { retry } = call.settings;
  if (retry === false || retry.onGiveUp === undefined) return;
  try {
    const event = discreet({ ...outcomeOf(call, result), reason }, hiddenOf(result));
    await whileWanted(retry.onGiveUp(event), result.config, call);
  } catch (error) {
    report('onGiveUp', error, call);
  }
}

/** Reports what a hook threw, unless that was the end of the request. */
function report(hook: string, error: unknown, call: Call): void {
  if (error === CANCELLED) throw error;
  reportHookError(hook, error, nameOf(call));
}
