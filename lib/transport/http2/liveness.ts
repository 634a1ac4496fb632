import { KeepAlive, type KeepAliveOptions, type PingPeer } from './ping.js';

/** How long a peer that is asked may take to give a sign of life. */
const DOUBT_MS = 1000;

/** How long a peer that is watched closely may be silent before it gets a PING. */
const CLOSE_WATCH_MS = 1000;

/** Whom a {@link Liveness} tells what it found out. */
export interface LivenessEvents {
  /** The peer, of whom there was doubt, is there. */
  onTrusted(): void;
  /** The peer, of whom there was doubt, gave no sign of life. */
  onSilent(): void;
  /** A PING was not answered in time. */
  onDead(): void;
}

/** What was heard of a peer, and whether it may be taken to be there still. */
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
  /** How much had been heard when it was asked last. */
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

  /** For how long it has been doubted, if it is. */
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
