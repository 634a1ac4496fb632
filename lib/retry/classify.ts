/**
 * From an error and what the transport saw, one of a few kinds. What was *seen* counts before what the error says:
 * axios' codes drift between versions, and a body cut short arrives as ERR_BAD_RESPONSE with status 200.
 */
import { fieldOf } from '../config/own.js';
import type { OutcomeKind } from '../config/types.js';
import { isCertificateCode, isConnectCode, isDropCode, isMistakeCode, isTimeoutCode } from './error-codes.js';
import type { ErrorLike } from './error-predicates.js';
import {
  areUnconnected,
  causeChain,
  isAborted,
  isCancelError,
  isErrorLike,
  isForbidden,
  isNeverProcessed,
  isTimeoutByName,
  isWhileConnecting,
  mayTunnelNextTime,
  membersOf,
  policyCodeOf,
  textOf,
} from './error-predicates.js';

/** The transport's evidence of one attempt. */
export interface Observation {
  /**
   * How far the attempt came. `unobserved`: it did not pass through our transport (a mock, the caller's own adapter);
   * `connect`: no usable connection, nothing sent; `sent`: the request went out, whole or in part, and no response
   * headers came; `response`: headers came, the body is not whole; `complete`: the body is whole.
   */
  readonly phase: 'unobserved' | 'connect' | 'sent' | 'response' | 'complete';
  /** The limit of ours that ended the attempt. */
  readonly expired: 'timeout' | 'readTimeout' | 'queue' | undefined;
  /**
   * The server vouches that it did not process the request: HTTP/2 REFUSED_STREAM, or a stream above GOAWAY's last one
   * (RFC 9113 section 8.7).
   */
  readonly neverProcessed: boolean;
  /** The connection was lost while the response body was arriving. */
  readonly truncated: boolean;
  /** The head of a response that the caller takes for a failure, whatever became of its body. */
  readonly refused?: RefusedHead | undefined;
  /** The peer's certificate was rejected, by whatever check. */
  readonly untrusted?: boolean;
}

/** The head of a response with a status that `validateStatus` does not accept. */
export interface RefusedHead {
  readonly status: number;
  readonly headers: unknown;
}

/** Of an attempt that did not pass through our transport. */
export const UNOBSERVED: Observation = Object.freeze({
  phase: 'unobserved',
  expired: undefined,
  neverProcessed: false,
  truncated: false,
});

/** A kind of failure. */
export type FailureKind = Exclude<OutcomeKind, 'ok'>;

/** A failure, classified. */
interface Classification {
  readonly kind: FailureKind;
  /** Status of the response, if one came, also where it is not the reason of the failure. */
  readonly status: number | undefined;
  /** The first code found, outermost first. */
  readonly code: string | undefined;
  /** The response the error carries. */
  readonly response: unknown;
  /** The headers of the response that came, also if the error carries none. */
  readonly headers: unknown;
}

interface Facts {
  readonly links: readonly ErrorLike[];
  readonly axiosError: ErrorLike | undefined;
  /** The link that carries a response with a status. */
  readonly carrier: ErrorLike | undefined;
  readonly status: number | undefined;
  readonly codes: ReadonlySet<string>;
  readonly seen: Observation;
}

type Rule = (facts: Facts) => FailureKind | undefined;

/**
 * Classifies a failed attempt.
 *
 * @param error what the attempt rejected with; wrappers are looked through by their `cause`.
 * @param seen what the transport saw, {@link UNOBSERVED} if it was not involved.
 */
export function classify(error: unknown, seen: Observation): Classification {
  return ofStatus(error, seen) ?? ofFacts(error, seen);
}

/** Codes of the error that axios makes of a status. */
const STATUS_CODES: ReadonlySet<unknown> = new Set(['ERR_BAD_REQUEST', 'ERR_BAD_RESPONSE']);

/** Fields by which an error tells of something else than its status. */
const FURTHER = ['cause', 'errors', 'policyCode', 'syscall', '__CANCEL__'] as const;

/**
 * What most failures are: a response that arrived whole, with a status that axios made an error of. Its codes and causes
 * would say no more.
 */
function ofStatus(error: unknown, seen: Observation): Classification | undefined {
  const { phase, expired, neverProcessed, untrusted } = seen;
  if (phase !== 'complete' || expired !== undefined || neverProcessed || untrusted) return undefined;
  if (typeof error !== 'object' || error === null) return undefined;
  const failure = error as ErrorLike;
  const { code, response } = failure;
  const status = statusOf(failure);
  if (fieldOf(failure, 'isAxiosError') !== true || !STATUS_CODES.has(code)) return undefined;
  if (status === undefined || status < 400 || FURTHER.some((key) => failure[key] !== undefined))
    return undefined;
  const { headers } = response as { readonly headers?: unknown };
  return { kind: 'status', status, code: String(code), response, headers };
}

/** Whatever else, by all that was seen and all that the error says. */
function ofFacts(error: unknown, seen: Observation): Classification {
  const facts = gather(error, seen);
  const response = facts.carrier?.response;
  return {
    kind: kindOf(facts),
    status: facts.status,
    code: facts.codes.values().next().value,
    response,
    headers: isErrorLike(response) ? response.headers : seen.refused?.headers,
  };
}

function gather(error: unknown, seen: Observation): Facts {
  const links = causeChain(error);
  const carrier = links.find((link) => statusOf(link) !== undefined);
  const named = links.flatMap((link) => [link, ...membersOf(link)]);
  const codes = named.flatMap((link) => [textOf(link, 'code'), policyCodeOf(link)]);
  return {
    links,
    axiosError: links.find((link) => fieldOf(link, 'isAxiosError') === true),
    carrier,
    status: carrier ? statusOf(carrier) : seen.refused?.status,
    codes: new Set(codes.filter((code) => code !== '')),
    seen,
  };
}

function statusOf(link: ErrorLike): number | undefined {
  const response = fieldOf(link, 'response');
  if (typeof response !== 'object' || response === null) return undefined;
  const status = fieldOf(response as ErrorLike, 'status');
  return typeof status === 'number' ? status : undefined;
}

function kindOf(facts: Facts): FailureKind {
  for (const rule of RULES) {
    const kind = rule(facts);
    if (kind !== undefined) return kind;
  }
  return 'permanent';
}

// The first that has an answer decides.
const RULES: readonly Rule[] = [
  ifCancelled,
  ifExpired,
  ({ seen }) => (seen.neverProcessed ? 'connect' : undefined),
  byPolicyCode,
  ifConnecting,
  ifPermanent,
  // Its body was cut, or could not be read; the head said what there is to know.
  ({ seen }) => (seen.refused ? 'status' : undefined),
  ({ seen }) => (seen.phase === 'connect' ? 'connect' : undefined),
  ifTruncated,
  byCode,
  byStatus,
  ifWithoutCode,
];

function ifCancelled({ links, axiosError }: Facts): FailureKind | undefined {
  // A timeout of axios' fetch adapter has the AbortError it provoked as its cause: the axios error has the say.
  if (axiosError) return isCancelError(axiosError) ? 'cancelled' : undefined;
  return links.some((link) => isCancelError(link) || fieldOf(link, 'name') === 'AbortError')
    ? 'cancelled'
    : undefined;
}

/** Whichever clock ran out: while there was no connection, nothing was sent. */
function ifExpired({ seen }: Facts): FailureKind | undefined {
  if (seen.expired === undefined) return undefined;
  if (seen.refused) return 'status';
  return seen.phase === 'connect' ? 'connect' : 'timeout';
}

function byPolicyCode({ links, seen }: Facts): FailureKind | undefined {
  if (links.some((link) => textOf(link, 'syscall') === 'ping')) return 'timeout';
  switch (links.map(policyCodeOf).find((code) => code !== '')) {
    case 'ERR_POLICY_CONFIG':
    case 'ERR_POLICY_HTTP_NOT_ALLOWED':
    case 'ERR_POLICY_BODY_CONSUMED':
    case 'ERR_POLICY_HTTP2_NOT_SUPPORTED':
    case 'ERR_POLICY_PROXY_AUTH':
      return 'permanent';
    case 'ERR_POLICY_PROXY_TUNNEL':
      return mayTunnelNextTime(links) ? notConnected(seen) : 'permanent';
    case 'ERR_POLICY_CONNECT_TIMEOUT':
      return notConnected(seen);
    case 'ERR_POLICY_PING_TIMEOUT':
      return 'timeout';
    default:
      return undefined;
  }
}

function ifConnecting({ links, seen }: Facts): FailureKind | undefined {
  if (links.some(isForbidden)) return 'permanent';
  return links.some(isWhileConnecting) ? notConnected(seen) : undefined;
}

/** If something of the attempt was sent before, it was to an earlier hop: a 303 follows a request that was processed. */
function notConnected({ phase }: Observation): FailureKind {
  return phase === 'unobserved' || phase === 'connect' ? 'connect' : 'dropped';
}

const OVER_A_LIMIT = /maxContentLength|maxBodyLength/;

function ifPermanent({ links, axiosError, carrier, codes, seen }: Facts): FailureKind | undefined {
  if (seen.untrusted || some(codes, (code) => isCertificateCode(code) || isMistakeCode(code)))
    return 'permanent';
  if (carrier) return undefined;
  if (codes.has('ERR_BAD_REQUEST') && !seen.refused) return 'permanent';
  if (axiosError && OVER_A_LIMIT.test(textOf(axiosError, 'message'))) return 'permanent';
  // Whatever threw this is not the network: an interceptor, a transform, a bug.
  const recognisable = axiosError !== undefined || codes.size > 0 || links.some(isTimeoutByName);
  return recognisable ? undefined : 'permanent';
}

function ifTruncated({ axiosError, seen, status }: Facts): FailureKind | undefined {
  if (seen.truncated) return 'dropped';
  if (axiosError?.message !== 'stream has been aborted') return undefined;
  return status !== undefined && status >= 400 ? 'status' : 'dropped';
}

function byCode(facts: Facts): FailureKind | undefined {
  const { links, codes, seen } = facts;
  if (seen.phase === 'unobserved' && (links.some(isNeverProcessed) || areUnconnected(links)))
    return 'connect';
  if (some(codes, isTimeoutCode) || links.some(isTimeoutByName)) return 'timeout';
  if (codes.has('ECONNABORTED')) return isAborted(links) ? 'dropped' : 'timeout';
  return some(codes, (code) => isDropCode(code) || isConnectCode(code)) ? 'dropped' : undefined;
}

function byStatus({ axiosError, carrier, status }: Facts): FailureKind | undefined {
  if (status === undefined) return undefined;
  if (status >= 400) return 'status';
  // A good status with an error of its own, such as unreadable JSON or gzip: the next response will be no better.
  return axiosError && carrier === axiosError && fieldOf(axiosError, 'cause') === undefined
    ? 'status'
    : 'permanent';
}

const PROGRAMMING_ERRORS: ReadonlySet<unknown> = new Set([
  'TypeError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
]);

/** Mocks say no more than "Network Error"; msw says it as a TypeError. */
function ifWithoutCode({ axiosError, codes }: Facts): FailureKind | undefined {
  if (!axiosError || codes.size > 0) return undefined;
  if (/network error/i.test(textOf(axiosError, 'message'))) return 'dropped';
  return PROGRAMMING_ERRORS.has(axiosError.name) ? 'permanent' : 'dropped';
}

function some(codes: ReadonlySet<string>, test: (code: string) => boolean): boolean {
  return [...codes].some(test);
}
