import type { Observation } from '../retry/classify.js';
import { isIdempotent } from '../retry/idempotency.js';
import type { AttemptReport } from '../transport/exchange.js';
import type { AxiosResponse } from './axios.js';
import { idempotencyOfRequest } from './outcome.js';
import type { SentAttempt } from './send.js';

/**
 * Notes that an attempt succeeded: its response may be one that axios accepts, and yet say that the server failed.
 */
export function noteSuccess(attempt: SentAttempt, response: Partial<AxiosResponse> | undefined): void {
  // An adapter of the caller's may resolve with anything.
  note(attempt, (response?.status ?? 0) >= 500);
}

/** Notes that an attempt failed, which need not be the fault of its connection. */
export function noteFailure(attempt: SentAttempt): void {
  const { call, observed } = attempt;
  // An idle connection may be closed at any time: that says nothing of the server.
  if (observed.lostKeepAliveRace) noteFailedPlace(attempt);
  else note(attempt, isServersFault(call.observation, observed.report()));
}

/**
 * Tells if the request may be sent again at once, on another connection: the first one lost the race that any idle
 * connection may lose, and a second delivery is harmless or impossible; or it was none for this request, which the server
 * says it did not carry out.
 */
export function mayChangeConnection(attempt: SentAttempt): boolean {
  const { call, config, observed, signal } = attempt;
  if (signal.aborted || !call.isReplayable(config.data)) return false;
  if (observed.isMisdirected && observed.connection !== 'new') {
    noteFailedPlace(attempt, true);
    return true;
  }
  if (!observed.lostKeepAliveRace) return false;
  return call.observation.neverProcessed || isIdempotent(idempotencyOfRequest(call.settings, config));
}

function note(attempt: SentAttempt, hasFailed: boolean): void {
  const peer = attempt.observed.exchange?.place?.peer;
  const { addresses } = attempt.context.connections;
  if (peer !== undefined && hasFailed) addresses?.failed(peer.name, peer.address, false);
  else if (peer !== undefined) addresses?.succeeded(peer.name, peer.address);
  if (hasFailed) noteFailedPlace(attempt);
}

/** @param always also if retries may go there again. */
function noteFailedPlace({ call, observed }: SentAttempt, always = false): void {
  const place = observed.exchange?.place;
  if (place !== undefined) call.failedAt(place, always);
}

/** The attempt failed for its server, or the way there, rather than for what was asked or how it was read. */
function isServersFault(
  { phase, neverProcessed, truncated, expired, untrusted }: Observation,
  { answer }: AttemptReport,
): boolean {
  if (expired !== undefined || truncated) return true;
  if (answer?.statusCode !== undefined) return answer.statusCode >= 500;
  // It said that it takes no more just now (REFUSED_STREAM, GOAWAY): another connection would go round its limit.
  if (phase === 'sent' && neverProcessed) return false;
  return (phase === 'connect' || phase === 'sent') && !untrusted;
}
