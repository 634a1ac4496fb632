import type { OutgoingHttpHeaders } from 'node:http';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { guarded } from '../../config/own.js';
import { PingTimeoutError, type PolicyError } from '../../errors.js';
import { type OwnedConnection, poolChannel, publishPool } from '../channels.js';
import type { Place } from '../elsewhere.js';
import { Answers } from '../observe.js';
import type { Peer } from '../peer.js';
import { UNSET_STREAM } from '../unset-options.js';
import type { Http2Connection } from './connect.js';
import { failureOf, type Goaway } from './failure.js';
import { assertHeaderSize } from './headers.js';
import { type Http2ClientOptions, type Http2Target, labelOf } from './options.js';
import { Liveness } from './ping.js';
import type { Http2SessionStats, SessionOwner, SessionState } from './session-state.js';

/** Half of all stream ids are a client's, and none is used twice (RFC 9113, section 5.1.1). */
const MAX_STREAMS = 2 ** 30 - 1;

// Node adds the priorities to a copy of the options, which costs more than the rest of making a request; unless they
// are there. Since then it knows of none, and warns of those that are given (DEP0194).
const PRIORITY =
  Number.parseInt(process.versions.node, 10) < 22
    ? { weight: 16, parent: 0, exclusive: false, silent: false }
    : {};
const WITHOUT_BODY = { endStream: true, ...PRIORITY };
const WITH_BODY = { endStream: false, ...PRIORITY };

/** Time for the peer to close its side of a connection that we have closed. */
const CLOSE_GRACE_MS = 1000;

/** One HTTP/2 connection of a pool. */
export class PooledSession implements Place {
  readonly connection: number;
  readonly peer: Peer | undefined;
  /** How its requests were answered. */
  readonly answers = new Answers();
  /** Signs of life of the peer. */
  readonly liveness: Liveness;
  readonly #session: ClientHttp2Session;
  readonly #socket: Socket;
  readonly #target: Http2Target;
  readonly #options: Http2ClientOptions;
  readonly #owner: SessionOwner<PooledSession>;
  readonly #label: OwnedConnection;
  #state: SessionState = { name: 'draining' };
  #goaway: Goaway | undefined;
  #failure: unknown;
  #openStreams = 0;
  #openedStreams = 0;
  /** {@link Liveness.framesHeard} when it was last woken from idleness. */
  #wokenAtFrame: number | undefined;
  #age: NodeJS.Timeout | undefined;

  constructor(
    { session, socket }: Http2Connection,
    { connection, peer }: Place,
    target: Http2Target,
    options: Http2ClientOptions,
    owner: SessionOwner<PooledSession>,
  ) {
    this.#session = session;
    this.#socket = socket;
    this.connection = connection;
    this.peer = peer;
    this.#target = target;
    this.#label = labelOf(target, options);
    this.#options = options;
    this.#owner = owner;
    this.liveness = this.#startLiveness();
    this.#listen();
    if (session.closed || session.destroyed) this.#end();
    else this.#becomeIdle();
    const maxAgeMs = options.drawMaxAgeMs?.();
    if (maxAgeMs !== undefined) this.#age = setTimeout(() => this.close(), maxAgeMs).unref();
  }

  /** Another stream may be opened now, by the limit that the server sets at present. */
  get hasRoom(): boolean {
    if (!this.isUsable || this.liveness.doubtedMs !== undefined) return false;
    const { maxConcurrentStreams = Number.POSITIVE_INFINITY } = this.#session.remoteSettings;
    return this.#openStreams < maxConcurrentStreams;
  }

  /** Streams may be opened, if not now then once others have ended. */
  get isUsable(): boolean {
    const isOpen = this.#state.name === 'idle' || this.#state.name === 'active';
    // The state follows events; between the end of a connection and its event only these know.
    return isOpen && !this.#session.closed && !this.#session.destroyed && !this.#socket.destroyed;
  }

  get isIdle(): boolean {
    return this.#state.name === 'idle';
  }

  /** A stream opened now shares the fate of those that found the session idle: nothing was heard since. */
  get isWaking(): boolean {
    return this.isIdle ? this.#openedStreams > 0 : this.#wokenAtFrame === this.liveness.framesHeard;
  }

  /** For how long it has been idle since its last stream; `undefined` if it is in use, or never was. */
  get restedMs(): number | undefined {
    const state = this.#state;
    return state.name === 'idle' && this.#openedStreams > 0 ? performance.now() - state.sinceMs : undefined;
  }

  get isClosed(): boolean {
    return this.#state.name === 'closed';
  }

  get activeStreams(): number {
    return this.#openStreams;
  }

  get openedStreams(): number {
    return this.#openedStreams;
  }

  /** The connection, without the means to end it. */
  get socket(): Socket | undefined {
    return this.#session.destroyed ? undefined : this.#session.socket;
  }

  get stats(): Http2SessionStats {
    return {
      state: this.#state.name,
      activeStreams: this.#openStreams,
      openedStreams: this.#openedStreams,
      pingRoundTripMs: this.liveness.roundTripMs,
    };
  }

  /**
   * Opens a stream; {@link streamClosed} has to be called when it is closed.
   *
   * @throws {Http2HeaderSizeError} for too many of them.
   * @throws what `ClientHttp2Session.request` throws: for headers that HTTP/2 cannot carry, or because the session has
   * just ended, which {@link isUsable} then tells.
   */
  open(headers: OutgoingHttpHeaders, endStream: boolean): ClientHttp2Stream {
    assertHeaderSize(headers, this.#session.remoteSettings.maxHeaderListSize, this.#target.name);
    const options = guarded(endStream ? WITHOUT_BODY : WITH_BODY, UNSET_STREAM);
    const stream = this.#session.request(headers, options);
    this.#openStreams += 1;
    this.#openedStreams += 1;
    if (this.#openedStreams >= MAX_STREAMS) this.#drain();
    if (this.#state.name === 'idle') {
      this.#enter({ name: 'active' });
      this.#wokenAtFrame = this.#openedStreams > 1 ? this.liveness.framesHeard : undefined;
      if (this.#openedStreams > 1 && poolChannel.hasSubscribers) publishPool('reused', this.#label);
    }
    this.liveness.begin();
    return stream;
  }

  /** A response has begun. */
  answered(status: number): void {
    const isWorse = this.answers.note(status, this.#owner);
    // RFC 9110, section 15.5.20: another connection may do, which this one would be in the way of.
    if (isWorse || status === 421) this.#owner.onWorse(this);
  }

  /**
   * A stream is closed, which makes room for another one.
   *
   * @param isRefused whether the server did not take it. A session that refuses them has the fewest, and would be given
   * every request.
   */
  streamClosed(isRefused: boolean): void {
    if (isRefused) this.answers.note(503, this.#owner);
    this.#openStreams -= 1;
    if (this.#openStreams === 0) {
      if (this.isUsable) this.#becomeIdle();
      else this.#end();
    }
    this.#owner.onChange(this);
    // The pool may have closed it, or given it to a request that was waiting.
    if (this.isIdle && poolChannel.hasSubscribers) publishPool('kept', this.#label);
  }

  /**
   * A request waited too long, and nothing was heard meanwhile: takes no more streams. Those that are open may end, for
   * as long as the peer answers PINGs.
   */
  retire(): void {
    if (!this.isUsable) return;
    this.#drain();
    this.#owner.onRetired();
    if (this.#openStreams > 0) this.liveness.watchClosely();
  }

  /**
   * Why a stream of this session ended early.
   *
   * @param responded whether its response had begun.
   */
  failureOf(stream: ClientHttp2Stream, responded: boolean, streamError: unknown): PolicyError {
    return failureOf({
      target: this.#target.name,
      sessionError: this.#failure,
      goaway: this.#goaway,
      isConnectionLost: this.#socket.destroyed || this.#session.destroyed,
      streamId: stream.id ?? 0,
      rstCode: stream.rstCode ?? 0,
      responded,
      streamError,
    });
  }

  /** Closes the session: at once if it is idle, else when its last stream has ended. */
  close(): void {
    if (this.isClosed) return;
    if (this.#openStreams > 0) this.#drain();
    else this.#end();
  }

  /** Closes the session at once; its streams fail. */
  destroy(error: unknown): void {
    this.#failure ??= error;
    this.#session.destroy();
    this.#socket.destroy();
  }

  #listen(): void {
    const session = this.#session;
    session.on('error', (error) => {
      this.#failure ??= error;
    });
    session.on('goaway', (code, lastStreamId) => {
      this.#goaway = { code, lastStreamId };
      this.#drain();
    });
    session.on('remoteSettings', () => {
      this.liveness.heardOther();
      this.#owner.onChange(this);
    });
    session.once('close', () => this.#closed());
    this.#socket.once('close', () => this.#closed());
  }

  #startLiveness(): Liveness {
    const { http2KeepAliveTimeoutMs } = this.#options;
    const peer = {
      ping: (onAck: (error: Error | null, roundTripMs: number) => void) => {
        if (!this.#session.destroyed) this.#session.ping(onAck);
      },
      bytesRead: () => this.#socket.bytesRead,
      activeStreams: () => this.#openStreams,
    };
    return new Liveness(peer, this.#options, {
      onTrusted: () => this.#owner.onChange(this),
      onSilent: () => this.retire(),
      onDead: () => this.destroy(new PingTimeoutError(this.#target.name, http2KeepAliveTimeoutMs)),
    });
  }

  #becomeIdle(): void {
    const { poolIdleTimeoutMs } = this.#options;
    // Not session.setTimeout(), which begins anew with every PING.
    const expiry =
      poolIdleTimeoutMs === false ? undefined : setTimeout(() => this.close(), poolIdleTimeoutMs).unref();
    this.#enter({ name: 'idle', expiry, sinceMs: performance.now() });
  }

  #drain(): void {
    if (!this.isClosed) this.#enter({ name: 'draining' });
    if (this.#openStreams === 0) this.#end();
    this.#owner.onChange(this);
  }

  /** Ends the connection: GOAWAY, then FIN. */
  #end(): void {
    if (this.isClosed) return;
    clearTimeout(this.#age);
    this.#enter({ name: 'draining' });
    this.#session.destroy();
    const overdue = setTimeout(() => this.#socket.destroy(), CLOSE_GRACE_MS).unref();
    this.#socket.once('close', () => clearTimeout(overdue));
  }

  #closed(): void {
    if (this.isClosed || !this.#socket.destroyed) return;
    this.#enter({ name: 'closed' });
    clearTimeout(this.#age);
    this.liveness.stop();
    publishPool('closed', this.#label);
    this.#owner.onChange(this);
  }

  #enter(next: SessionState): void {
    if (this.#state.name === 'idle') clearTimeout(this.#state.expiry);
    this.#state = next;
    if (this.#session.destroyed) return;
    if (next.name === 'idle') this.#session.unref();
    else if (next.name === 'active') this.#session.ref();
  }
}
