/** When an address is held back. Anchors: Envoy's outlier detection and gRPC's A50. */
export interface EjectLimits {
  /** Failures in a row, at least 1. */
  readonly failures: number;
  /** For how long, in ms, times the number of its ejections. */
  readonly forMs: number;
  /** How much of a name's addresses at most, in percent. */
  readonly maxPercent: number;
}

/** No ejection is longer, unless `for` itself is. */
const MAX_FOR_MS = 300_000;

/**
 * - `used`: like any other;
 * - `ejected`: held back;
 * - `due`: to be tried by one connection;
 * - `probed`: being tried by one connection; held back from all others.
 */
type EjectionState = 'used' | 'ejected' | 'due' | 'probed';

/** What is remembered of an address that failed. */
export interface AddressHealth {
  readonly address: string;
  readonly state: EjectionState;
  /** Failures in a row. */
  readonly failures: number;
  /** How often in a row it was ejected. */
  readonly ejections: number;
  /** How much longer it is held back; 0 if it is not. */
  readonly ejectedForMs: number;
}

/** One address, from its first failure until it is sound again. */
class Health {
  failures = 0;
  ejections = 0;
  /** Until when it is held back; `undefined` = it is used. */
  untilMs: number | undefined;
  /** Since when one connection tries it. */
  probedMs: number | undefined;
  /** When it came back. */
  returnedMs = 0;
  /** Whether no connection could be made the last time. */
  isUnreachable = false;

  stateAt(nowMs: number, probeMs: number): EjectionState {
    if (this.untilMs === undefined) return 'used';
    if (nowMs < this.untilMs) return 'ejected';
    // A probe may end without a result: its request was cancelled, or got another connection.
    return this.probedMs !== undefined && nowMs - this.probedMs < probeMs ? 'probed' : 'due';
  }

  lastForMs(forMs: number): number {
    return Math.min(forMs * this.ejections, Math.max(forMs, MAX_FOR_MS));
  }

  eject(nowMs: number, forMs: number): void {
    this.ejections += 1;
    this.untilMs = nowMs + this.lastForMs(forMs);
    this.probedMs = undefined;
  }
}

/** Is told for how long an address is ejected, in ms; `undefined` = it is used again. */
type OnEjection = (address: string, ejectedForMs: number | undefined) => void;

/** Which addresses of one name are held back. Times are those of a monotonic clock. */
export class Ejections {
  readonly #limits: EjectLimits;
  readonly #onChange: OnEjection;
  /** Of those that failed lately. */
  readonly #health = new Map<string, Health>();
  #addresses: readonly string[] = [];

  constructor(limits: EjectLimits, onChange: OnEjection) {
    this.#limits = limits;
    this.#onChange = onChange;
  }

  /** Whether every address is sound, and nothing remembered. */
  get isEmpty(): boolean {
    return this.#health.size === 0;
  }

  /** Says which addresses the name has now. */
  setAddresses(addresses: readonly string[], nowMs: number): void {
    // A resolver may name one twice.
    this.#addresses = [...new Set(addresses)];
    for (const [address, health] of this.#health) {
      // A server of names may tell of another part of them each time; an ejection holds until its end.
      if (!addresses.includes(address) && this.#stateOf(health, nowMs) !== 'ejected')
        this.#health.delete(address);
    }
  }

  /** Whether an address is used, held back, or to be tried. */
  stateOf(address: string, nowMs: number): EjectionState {
    const health = this.#health.get(address);
    return health === undefined ? 'used' : this.#stateOf(health, nowMs);
  }

  /**
   * The addresses that no connection is to be made to: those held back, as many as may be. Where the name has fewer
   * addresses than before, some of them return early, first the one that was to return first.
   */
  heldBack(nowMs: number): ReadonlySet<string> {
    if (this.isEmpty) return NONE;
    const untilMs = (address: string) => this.#health.get(address)?.untilMs ?? 0;
    const held = this.#addresses.filter((address) => this.stateOf(address, nowMs) !== 'used');
    held.sort((a, b) => untilMs(b) - untilMs(a));
    return new Set(held.slice(0, this.#mostHeldBack));
  }

  /** The addresses that wait for a connection to try them. */
  due(nowMs: number): string[] {
    return this.#addresses.filter((address) => this.stateOf(address, nowMs) === 'due');
  }

  /**
   * Whether an address has waited so long to be tried that a request may try it for which a failure would be final: there
   * may be no others.
   */
  isOverdue(address: string, nowMs: number): boolean {
    const { untilMs } = this.#health.get(address) ?? {};
    return untilMs !== undefined && nowMs - untilMs >= this.#limits.forMs;
  }

  /** One connection is going to try an address that is due. */
  startProbe(address: string, nowMs: number): void {
    const health = this.#health.get(address);
    if (health !== undefined) health.probedMs = nowMs;
  }

  /** A request to an address succeeded. */
  succeeded(address: string, nowMs: number): void {
    const health = this.#health.get(address);
    if (health === undefined) return;
    health.failures = 0;
    health.isUnreachable = false;
    this.#bringBack(address, health, nowMs);
    // Its ejections grow longer only if it fails again soon.
    const isSound =
      health.ejections === 0 || nowMs - health.returnedMs >= health.lastForMs(this.#limits.forMs);
    if (isSound) this.#health.delete(address);
  }

  /**
   * A request to an address failed.
   *
   * @param isUnreachable whether no connection could be made.
   */
  failed(address: string, isUnreachable: boolean, nowMs: number): void {
    if (!this.#addresses.includes(address)) return;
    const health = this.#health.get(address) ?? new Health();
    this.#health.set(address, health);
    health.failures += 1;
    health.isUnreachable = isUnreachable;
    if (isUnreachable && this.#isNoneReachable) this.#releaseAll(nowMs);
    else if (this.#isToBeEjected(health, nowMs)) this.#eject(address, health, nowMs);
  }

  #eject(address: string, health: Health, nowMs: number): void {
    health.eject(nowMs, this.#limits.forMs);
    this.#onChange(address, health.lastForMs(this.#limits.forMs));
  }

  snapshot(nowMs: number): AddressHealth[] {
    return [...this.#health].map(([address, health]) => ({
      address,
      state: this.#stateOf(health, nowMs),
      failures: health.failures,
      ejections: health.ejections,
      ejectedForMs: Math.max(0, (health.untilMs ?? 0) - nowMs),
    }));
  }

  #isToBeEjected(health: Health, nowMs: number): boolean {
    const state = this.#stateOf(health, nowMs);
    // Requests that were under way when it was ejected fail as well; that says nothing new.
    if (state === 'ejected') return false;
    if (state !== 'used') return true;
    const held = this.#addresses.filter((address) => this.stateOf(address, nowMs) !== 'used').length;
    return health.failures >= this.#limits.failures && held < this.#mostHeldBack;
  }

  get #isNoneReachable(): boolean {
    return this.#addresses.every((address) => {
      const health = this.#health.get(address);
      return health !== undefined && (health.untilMs !== undefined || health.isUnreachable);
    });
  }

  /** When nothing else can be connected to, what is held back may be all that works. */
  #releaseAll(nowMs: number): void {
    for (const [address, health] of this.#health) {
      if (health.untilMs === undefined) continue;
      health.failures = this.#limits.failures - 1;
      health.isUnreachable = false;
      this.#bringBack(address, health, nowMs);
    }
  }

  #bringBack(address: string, health: Health, nowMs: number): void {
    if (health.untilMs === undefined) return;
    health.untilMs = undefined;
    health.probedMs = undefined;
    health.returnedMs = nowMs;
    this.#onChange(address, undefined);
  }

  get #mostHeldBack(): number {
    const total = this.#addresses.length;
    return Math.max(0, Math.min(Math.floor((total * this.#limits.maxPercent) / 100), total - 1));
  }

  #stateOf(health: Health, nowMs: number): EjectionState {
    return health.stateAt(nowMs, this.#limits.forMs);
  }
}

const NONE: ReadonlySet<string> = new Set();
