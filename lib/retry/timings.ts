/**
 * Where the time of an attempt on the wire went. A phase that did not take place is not there: the first three of a
 * reused connection, `dnsMs` of an IP address, `tlsMs` of `http://`. Of an attempt that failed, the last phase that is
 * there is the one in which it failed, up to the failure. Of redirects, it is the last hop that is told.
 */
export interface RequestTimings {
  /** How long it waited for a connection of its own pool (`maxSockets`, streams of HTTP/2), in ms. */
  readonly queuedMs: number;
  /**
   * From the start of the connection until the name was looked up, in ms. Not there with a tunnel or an agent of the caller's
   * own: their `connectMs` covers it.
   */
  readonly dnsMs?: number;
  /**
   * From the end of the look-up until TCP was up, in ms. Through a tunnel: from the start of the connection until the
   * proxy had answered CONNECT, with DNS, TCP and TLS to the proxy. Over `http://` with HTTP/2 until the server's
   * preface.
   */
  readonly connectMs?: number;
  /** From there until TLS was up, in ms. Over HTTP/2 until the server's preface, which follows at once. */
  readonly tlsMs?: number;
  /** From when the request had a usable connection until the head of the response arrived, in ms; the upload included. */
  readonly firstByteMs?: number;
  /** From the head of the response until the end of its body, in ms. Not there while a stream is still being read. */
  readonly bodyMs?: number;
  /** The connection was there already, so that the request did not wait for it to be made. */
  readonly reused: boolean;
}

/** How far a connection came when, by the monotonic clock, in ms. 0 = not, or not yet. */
export interface ConnectionTimes {
  /** A name is looked up for it, of which its socket tells. */
  readonly resolvesName: boolean;
  readonly isSecure: boolean;
  readonly startedMs: number;
  readonly lookedUpMs: number;
  readonly connectedMs: number;
  /** A request may be sent. */
  readonly readyMs: number;
}

/** How far an attempt came when, by the same clock. 0 = not, or not yet. */
export interface AttemptTimes {
  /** When it could have had a connection: when it began, or its turn had come in the queue. */
  readonly availableMs: number;
  /** The connection that was made for it. */
  readonly connectionTimes: ConnectionTimes | undefined;
  /** When it had a usable connection. */
  readonly handedMs: number;
  /** When the head of the response arrived. */
  readonly headMs: number;
  /** When it ended; `Infinity` as long as its body is being read. */
  readonly endedMs: number;
}

/** The phases of an attempt, from its moments. */
export function timingsOf(times: AttemptTimes, queuedMs: number): RequestTimings {
  const { connectionTimes: connection, handedMs, headMs, endedMs } = times;
  return Object.freeze({
    queuedMs,
    ...(connection !== undefined && connectionPhases(connection, times)),
    ...(handedMs > 0 && { firstByteMs: between(handedMs, headMs || endedMs) }),
    ...(headMs > 0 && Number.isFinite(endedMs) && { bodyMs: between(headMs, endedMs) }),
    reused: handedMs > 0 && connection === undefined,
  });
}

type ConnectionPhases = Pick<RequestTimings, 'dnsMs' | 'connectMs' | 'tlsMs'>;

/** A connection may have been begun for others, before the attempt was: that time is not its own. */
function connectionPhases(
  connection: ConnectionTimes,
  { availableMs, endedMs }: AttemptTimes,
): ConnectionPhases {
  const { resolvesName, isSecure, lookedUpMs, readyMs } = connection;
  const startedMs = Math.max(connection.startedMs, availableMs);
  // Without TLS nothing but the preface of HTTP/2 comes between the two.
  const connectedMs = isSecure ? connection.connectedMs : readyMs;
  if (resolvesName && lookedUpMs === 0 && connectedMs === 0) return { dnsMs: between(startedMs, endedMs) };
  const dialedMs = Math.max(startedMs, lookedUpMs);
  return {
    ...(lookedUpMs > 0 && { dnsMs: between(startedMs, lookedUpMs) }),
    connectMs: between(dialedMs, connectedMs || endedMs),
    ...(isSecure &&
      connectedMs > 0 && { tlsMs: between(Math.max(connectedMs, availableMs), readyMs || endedMs) }),
  };
}

function between(fromMs: number, toMs: number): number {
  return Math.max(0, toMs - fromMs);
}
