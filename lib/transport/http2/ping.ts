import type { LimitMs } from '../../config/resolved.js';

/** Time for a peer that is asked to give a sign of life. */
const DOUBT_MS = 1000;

/** Silence after which a peer that is watched closely gets a PING. */
const CLOSE_WATCH_MS = 1000;

/** The far end of a session. */
interface PingPeer {
  /** Sends a PING; calls back with its round trip when it is acknowledged, or with an error. */
  ping(onAck: (error: Error | null, roundTripMs: number) => void): void;
  /** Bytes received so far. */
  bytesRead(): number;
  /** Open streams. */
  activeStreams(): number;
}

/** Times of the keep-alive of a session. */
interface KeepAliveOptions {
  readonly http2KeepAliveIntervalMs: LimitMs;
  readonly http2KeepAliveTimeoutMs: number;
  readonly http2KeepAliveWhileIdle: boolean;
}

/**
 * Sends a PING when nothing was heard of the peer for an interval, and tells when the peer is found to be dead (RFC
 * 9113, section 6.7): within interval plus timeout after it froze.
 */
export class KeepAlive {
  readonly #peer: PingPeer;
  readonly #options: KeepAliveOptions;
  readonly #onDead: () => void;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  /** `bytesRead` when the PING that awaits its answer was sent. */
  #bytesBefore: number | undefined;
  #roundTripMs: number | undefined;
  #stopped = false;

  constructor(peer: PingPeer, options: KeepAliveOptions, onDead: () => void) {
    this.#peer = peer;
    this.#options = options;
    this.#onDead = onDead;
    this.begin();
  }

  /** Duration of the last PING and its answer. */
  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  /** A stream was opened: begins an interval, unless one runs. What we send is no sign of the peer's life. */
  begin(): void {
    const { http2KeepAliveIntervalMs: intervalMs } = this.#options;
    if (intervalMs === false || this.#stopped || this.#timer !== undefined) return;
    this.#arm(intervalMs, () => this.#intervalOver());
  }

  /** A frame arrived: begins a new interval, unless a PING awaits its answer. */
  heard(): void {
    // Refreshed, not replaced: this is called for every piece of a body.
    if (this.#bytesBefore === undefined && !this.#stopped) this.#timer?.refresh();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
  }

  #arm(ms: number, onOver: () => void): void {
    clearTimeout(this.#timer);
    // A session with streams keeps the process alive by its socket; one without must not do so by its timer.
    this.#timer = setTimeout(onOver, ms).unref();
  }

  #intervalOver(): void {
    this.#timer = undefined;
    // Without streams, the interval begins again with the next one.
    if (this.#peer.activeStreams() === 0 && !this.#options.http2KeepAliveWhileIdle) return;
    this.#bytesBefore = this.#peer.bytesRead();
    this.#arm(this.#options.http2KeepAliveTimeoutMs, () => this.#timeoutOver());
    this.#peer.ping((error, roundTripMs) => {
      if (error === null) this.#acknowledged(roundTripMs);
    });
  }

  #acknowledged(roundTripMs: number): void {
    this.#roundTripMs = roundTripMs;
    this.#bytesBefore = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.begin();
  }

  #timeoutOver(): void {
    // Timers run before input is read. After a blocked event loop the answer may be waiting to be read right now.
    this.#immediate = setImmediate(() => {
      if (this.#stopped || this.#bytesBefore === undefined) return;
      // The answer queues behind what the peer was already sending; a peer that sends is not dead.
      if (this.#peer.bytesRead() > this.#bytesBefore) {
        this.#bytesBefore = this.#peer.bytesRead();
        this.#arm(this.#options.http2KeepAliveTimeoutMs, () => this.#timeoutOver());
        return;
      }
      this.stop();
      this.#onDead();
    });
  }
}

/** Findings of a {@link Liveness}. */
interface LivenessEvents {
  /** The peer, of whom there was doubt, is there. */
  onTrusted(): void;
  /** The peer, of whom there was doubt, gave no sign of life. */
  onSilent(): void;
  /** A PING was not answered in time. */
  onDead(): void;
}

/** Decides by what was heard of a peer whether it may be taken to be there still. */
export class Liveness {
  readonly #peer: PingPeer;
  readonly #options: KeepAliveOptions;
  readonly #events: LivenessEvents;
  #keepAlive: KeepAlive;
  #framesHeard = 0;
  #otherSigns = 0;
  #isStopped = false;
  /** Runs while the peer is asked for a sign of life. */
  #overdue: NodeJS.Timeout | undefined;
  #doubtedSinceMs: number | undefined;
  /** {@link framesHeard} when it was asked last. */
  #askedAtFrame: number | undefined;

  constructor(peer: PingPeer, options: KeepAliveOptions, events: LivenessEvents) {
    this.#peer = peer;
    this.#options = options;
    this.#events = events;
    this.#keepAlive = this.#startKeepAlive(options);
  }

  /** Frames of responses so far. */
  get framesHeard(): number {
    return this.#framesHeard;
  }

  /** Grows with everything the peer says: frames of responses, answers to PINGs, settings. */
  get signsOfLife(): number {
    return this.#framesHeard + this.#otherSigns;
  }

  /** Time since it is doubted, if it is. */
  get doubtedMs(): number | undefined {
    return this.#doubtedSinceMs === undefined ? undefined : performance.now() - this.#doubtedSinceMs;
  }

  /** Duration of the last PING and its answer. */
  get roundTripMs(): number | undefined {
    return this.#keepAlive.roundTripMs;
  }

  /** A stream was opened. */
  begin(): void {
    this.#keepAlive.begin();
  }

  /** A frame of a response arrived. */
  heard(): void {
    this.#framesHeard += 1;
    this.#keepAlive.heard();
    if (this.#overdue !== undefined) this.#trust();
  }

  /** Something else arrived. */
  heardOther(): void {
    this.#otherSigns += 1;
    this.#keepAlive.heard();
    if (this.#overdue !== undefined) this.#trust();
  }

  /** The peer has probably died since it was heard last: {@link ask}s it, and is doubted until it answers. */
  doubt(): void {
    this.ask();
    if (this.#overdue !== undefined) this.#doubtedSinceMs ??= performance.now();
  }

  /** The peer may have died since it was heard last: asks it by a PING. */
  ask(): void {
    // Servers take PINGs without responses in between for an attack (gRPC: "too many pings").
    if (this.#isStopped || this.#overdue !== undefined || this.#askedAtFrame === this.#framesHeard) return;
    this.#askedAtFrame = this.#framesHeard;
    this.#overdue = setTimeout(() => this.#events.onSilent(), DOUBT_MS).unref();
    this.#peer.ping((error) => {
      if (error === null) this.heardOther();
    });
  }

  /** Sends PINGs from now on, whatever the configuration says, so that streams on a dead connection come to an end. */
  watchClosely(): void {
    const { http2KeepAliveIntervalMs: intervalMs } = this.#options;
    this.#keepAlive.stop();
    this.#keepAlive = this.#startKeepAlive({
      ...this.#options,
      http2KeepAliveIntervalMs: intervalMs === false ? CLOSE_WATCH_MS : Math.min(intervalMs, CLOSE_WATCH_MS),
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#keepAlive.stop();
    clearTimeout(this.#overdue);
  }

  #trust(): void {
    clearTimeout(this.#overdue);
    this.#overdue = undefined;
    if (this.#doubtedSinceMs === undefined) return;
    this.#doubtedSinceMs = undefined;
    this.#events.onTrusted();
  }

  #startKeepAlive(options: KeepAliveOptions): KeepAlive {
    const peer: PingPeer = {
      ping: (onAck) =>
        this.#peer.ping((error, roundTripMs) => {
          if (error === null) this.heardOther();
          onAck(error, roundTripMs);
        }),
      bytesRead: () => this.#peer.bytesRead(),
      activeStreams: () => this.#peer.activeStreams(),
    };
    return new KeepAlive(peer, options, () => this.#events.onDead());
  }
}
