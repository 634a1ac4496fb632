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

/** What a session says of itself. */
export interface Http2SessionStats {
  readonly state: SessionState['name'];
  /** Streams that are open now. */
  readonly activeStreams: number;
  /** Streams opened since the connection was made. */
  readonly openedStreams: number;
  /** Duration of the last PING and its answer. */
  readonly pingRoundTripMs: number | undefined;
}
