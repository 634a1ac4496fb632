import { KeepAlive, type KeepAliveOptions, type PingPeer } from './ping.js';

/** How long a peer that is doubted may take to give a sign of life. */
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

interface Doubt {
  readonly sinceMs: number;
  readonly overdue: NodeJS.Timeout;
}

/** What was heard of a peer, and whether it may be taken to be there still. */
export class Liveness {
  readonly #peer: PingPeer;
  readonly #options: KeepAliveOptions;
  readonly #events: LivenessEvents;
  #keepAlive: KeepAlive;
  #framesHeard = 0;
  #otherSigns = 0;
  #doubt: Doubt | undefined;
  /** How much had been heard when the last PING of a doubt was sent. */
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
    return this.#doubt === undefined ? undefined : performance.now() - this.#doubt.sinceMs;
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
    if (this.#doubt !== undefined) this.#trust();
  }

  /** Something else arrived. */
  heardOther(): void {
    this.#otherSigns += 1;
    this.#keepAlive.heard();
    if (this.#doubt !== undefined) this.#trust();
  }

  /** The peer may have died since it was heard last: asks it by a PING. */
  doubt(): void {
    // Servers take PINGs without responses in between for an attack (gRPC: "too many pings").
    if (this.#doubt !== undefined || this.#askedAtFrame === this.#framesHeard) return;
    this.#askedAtFrame = this.#framesHeard;
    const overdue = setTimeout(() => this.#events.onSilent(), DOUBT_MS).unref();
    this.#doubt = { sinceMs: performance.now(), overdue };
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
    this.#keepAlive.stop();
    clearTimeout(this.#doubt?.overdue);
  }

  #trust(): void {
    clearTimeout(this.#doubt?.overdue);
    this.#doubt = undefined;
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
