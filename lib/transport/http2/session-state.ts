import type { Successes } from '../observe.js';

/**
 * - `idle`: no stream is open; the process may exit, and `expiry` closes the session;
 * - `active`: streams are open, and more may be opened;
 * - `draining`: no more streams may be opened, those that are open run on;
 * - `closed`: nothing is left of it.
 */
export type SessionState =
  | { readonly name: 'idle'; readonly expiry: NodeJS.Timeout | undefined; readonly sinceMs: number }
  | { readonly name: 'active' }
  | { readonly name: 'draining' }
  | { readonly name: 'closed' };

/** Figures of one session. */
export interface Http2SessionStats {
  readonly state: SessionState['name'];
  /** Streams that are open now. */
  readonly activeStreams: number;
  /** Streams opened since the connection was made. */
  readonly openedStreams: number;
  /** Duration of the last PING and its answer. */
  readonly pingRoundTripMs: number | undefined;
}

/** Sessions of one origin, open and in the making. */
export interface Http2OriginStats {
  /** `https://host:port`. */
  readonly origin: string;
  readonly sessions: readonly Http2SessionStats[];
  /** Whether another connection is being made. */
  readonly connecting: boolean;
  /** Requests waiting for a stream. */
  readonly pending: number;
}

/** Owner of a session. */
export interface SessionOwner<Session> extends Successes {
  /** It may take another stream, became idle, or is gone. */
  onChange(session: Session): void;
  /** It takes no more streams, because nothing was heard of it for as long as a request could wait. */
  onRetired(): void;
  /** Its last requests failed while others succeeded. */
  onWorse(session: Session): void;
}
