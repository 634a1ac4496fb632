import type { ResolvedRetry } from '../config/resolved.js';
import type { GiveUpReason } from '../config/types.js';
import type { Verdict } from '../retry/decide.js';
import { BodyEdits } from './body.js';
import type { Call } from './call.js';
import { warn } from './call-hook.js';
import type { Ending } from './outcome.js';
import { discreet, hiddenOf, outcomeOf } from './outcome.js';
import type { Platform } from './platform.js';
import { CANCELLED, whileWanted } from './sleep.js';

/** The caller's hooks around a retry. They may take their time, but no longer than the request is wanted. */

/**
 * Asks `shouldRetry`.
 *
 * @returns `undefined` leaves the decision to the table.
 * @throws CANCELLED
 */
export async function askShouldRetry(
  call: Call,
  ending: Ending,
  { shouldRetry }: ResolvedRetry,
): Promise<boolean | undefined> {
  if (shouldRetry === undefined || ending.kind === 'cancelled') return undefined;
  try {
    const outcome = discreet(outcomeOf(call, ending), hiddenOf(ending));
    const answer: unknown = await whileWanted(shouldRetry(outcome), ending.config, call);
    return typeof answer === 'boolean' ? answer : undefined;
  } catch (error) {
    report('shouldRetry', error);
    return undefined;
  }
}

/**
 * Tells of a retry to come, and lets `onRetry` edit it.
 *
 * @param ending with the config of the next attempt.
 * @throws CANCELLED
 */
export async function announceRetry(
  call: Call,
  ending: Ending,
  verdict: Extract<Verdict, { retry: true }>,
  platform: Platform,
): Promise<void> {
  platform.channels.publishRetry(call, ending, verdict);
  const { retry } = call.settings;
  if (retry === false || retry.onRetry === undefined) return;
  const { config } = ending;
  const { delayMs, reason } = verdict;
  const edits = new BodyEdits(call, config);
  try {
    const outcome = { ...outcomeOf(call, ending), retry: call.record.retries + 1, delayMs, reason };
    await whileWanted(retry.onRetry(discreet(outcome, hiddenOf(ending))), call.sent ?? config, call);
    edits.heed(platform);
  } catch (error) {
    edits.undo();
    report('onRetry', error);
  }
}

/**
 * Tells `onGiveUp` that there will be no retry.
 *
 * @throws CANCELLED
 */
export async function announceGiveUp(
  call: Call,
  ending: Ending,
  reason: GiveUpReason,
  platform: Platform,
): Promise<void> {
  platform.channels.publishGiveUp(call, ending, reason);
  const { retry } = call.settings;
  if (retry === false || retry.onGiveUp === undefined) return;
  try {
    const event = discreet({ ...outcomeOf(call, ending), reason }, hiddenOf(ending));
    await whileWanted(retry.onGiveUp(event), ending.config, call);
  } catch (error) {
    report('onGiveUp', error);
  }
}

/** Reports what a hook threw, unless that was the end of the request. */
function report(hook: string, error: unknown): void {
  if (error === CANCELLED) throw error;
  warn(hook, error);
}
