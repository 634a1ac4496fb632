import type { Observation, RefusedHead } from '../retry/classify.js';
import { causeChain } from '../retry/error-predicates.js';
import { isRejection } from '../transport/connect.js';
import type { AttemptReport } from '../transport/exchange.js';
import type { RequestConfig } from './axios.js';
import { accepts } from './axios.js';
import type { ExpiredLimit } from './deadline.js';

/**
 * What was seen of an attempt, as evidence for the decision about a retry.
 *
 * @param expired the limit of ours that ended it.
 * @param cause what it failed with.
 */
export function observe(
  report: AttemptReport,
  config: RequestConfig,
  expired: ExpiredLimit | undefined,
  cause: unknown,
): Observation {
  const { phase, neverProcessed, truncated } = report;
  const untrusted = causeChain(cause).some(isRejection);
  return { phase, neverProcessed, truncated, expired, untrusted, refused: refusedHead(report, config) };
}

/** A response whose body did not arrive whole, but whose status says enough. */
function refusedHead({ phase, answer }: AttemptReport, config: RequestConfig): RefusedHead | undefined {
  if (phase !== 'response' || answer === undefined) return undefined;
  const { statusCode: status = 0, headers } = answer;
  return status < 300 || accepts(config, status) ? undefined : { status, headers };
}
