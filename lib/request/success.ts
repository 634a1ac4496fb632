import type { Call } from './call.js';
import { ask } from './call-hook.js';

/** Closes the books of a request that succeeded: its tokens go back, its config looks as the caller left it. */
export function succeed(call: Call): void {
  call.record.finished();
  const { sent, budget, record } = call;
  if (sent === undefined) return;
  const { refunded = 0 } = call;
  // The body of a response that was booked may be cut, and take more retries.
  if (call.refunded !== record.retries)
    ask('budget', () => budget.deposit(call.origin, record.retries - refunded), undefined);
  call.refunded = record.retries;
  call.restore(sent);
}
