import { constants } from 'node:http2';
import { Http2SessionError, Http2StreamError, PingTimeoutError, type PolicyError } from '../../errors.js';

/** Contents of a GOAWAY (RFC 9113, section 6.8). */
export interface Goaway {
  readonly code: number;
  /** Streams above it were never processed. */
  readonly lastStreamId: number;
}

/** Evidence of why a stream ended without a whole response. */
interface FailureEvidence {
  /** `host:port`, for the message. */
  readonly target: string;
  /** The error of the session or its socket. */
  readonly sessionError: unknown;
  readonly goaway: Goaway | undefined;
  readonly isConnectionLost: boolean;
  readonly streamId: number;
  readonly rstCode: number;
  /** The response had begun. */
  readonly responded: boolean;
  /** The error of the stream itself. */
  readonly streamError: unknown;
}

/**
 * The error of a stream that ended early. Node's own errors do not tell why: a lost connection shows as RST_STREAM with CANCEL, and the
 * error of a GOAWAY as the session's destruction.
 */
export function failureOf(evidence: FailureEvidence): PolicyError {
  const { target, goaway, rstCode, responded, sessionError, streamError } = evidence;
  if (sessionError instanceof PingTimeoutError) return sessionError;
  const when = responded ? 'in the middle of a response' : 'before the response';
  const isAboveGoaway = !responded && goaway !== undefined && evidence.streamId > goaway.lastStreamId;

  if (goaway !== undefined && goaway.code !== constants.NGHTTP2_NO_ERROR) {
    const message = `${target} gave up the HTTP/2 connection with ${codeName(goaway.code)} ${when}`;
    return new Http2SessionError(message, {
      http2Code: goaway.code,
      neverProcessed: isAboveGoaway,
      cause: streamError,
    });
  }
  const violation = [sessionError, streamError].find(isProtocolError);
  if (violation !== undefined) {
    const message = `${target} broke the HTTP/2 protocol ${when}, which ends the connection: ${violation.message}`;
    return new Http2SessionError(message, { neverProcessed: isAboveGoaway, cause: violation });
  }
  if (evidence.isConnectionLost) {
    const message = `HTTP/2 connection to ${target} was lost ${when}`;
    const cause = sessionError ?? streamError;
    return new Http2SessionError(message, { code: 'ECONNRESET', neverProcessed: isAboveGoaway, cause });
  }
  const isRefused = !responded && NEVER_PROCESSED.has(rstCode);
  const message = `${target} reset the HTTP/2 stream with ${codeName(rstCode)} ${when}`;
  return new Http2StreamError(message, {
    http2Code: rstCode,
    neverProcessed: isAboveGoaway || isRefused,
    cause: streamError,
  });
}

/** Something with a code, as errors of Node have it. They may come from another realm, so that no class tells. */
export function isNodeError(error: unknown): error is NodeJS.ErrnoException {
  return typeof error === 'object' && error !== null && 'code' in error;
}

/** nghttp2 could make no sense of what the peer sent. It ends the connection then, for all of its streams. */
export function isProtocolError(error: unknown): error is Error {
  return isNodeError(error) && error.code === 'ERR_HTTP2_ERROR';
}

/** Codes that say the request was not acted upon (RFC 9113, sections 7 and 8.7). */
const NEVER_PROCESSED = new Set([constants.NGHTTP2_REFUSED_STREAM, constants.NGHTTP2_HTTP_1_1_REQUIRED]);

const CODE_NAMES = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
];

/** The name of an error code in RFC 9113, section 7. */
export function codeName(code: number): string {
  return CODE_NAMES[code] ?? `code 0x${code.toString(16)}`;
}
