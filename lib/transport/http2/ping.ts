import type { LimitMs } from '../../config/resolved.js';

/** What the keep-alive needs of a session. */
export interface PingPeer {
  /** Sends a PING; calls back with its round trip when it is acknowledged, or with an error. */
  ping(onAck: (error: Error | null, roundTripMs: number) => void): void;
  /** Bytes received so far. */
  bytesRead(): number;
  /** Open streams. */
  activeStreams(): number;
}

/** How a session is kept alive. */
export interface KeepAliveOptions {
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
