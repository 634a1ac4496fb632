import { BoundedMap } from '../config/bounded-map.js';
import type { Address } from './answer-cache.js';
import { type AddressHealth, Ejections, type EjectLimits } from './ejection.js';
import { inOrder } from './order.js';

/** How addresses are chosen. */
export interface AddressOptions {
  /** Whether addresses of one family are tried in a random order. */
  readonly randomize: boolean;
  /** `false` = none is ever held back. */
  readonly eject: EjectLimits | false;
  /** A monotonic clock, in ms. */
  readonly now: () => number;
  /** A number of [0, 1). */
  readonly random: () => number;
  /** Is told of addresses that are ejected, and come back. */
  readonly onChange?: ((change: AddressChange) => void) | undefined;
}

/** An address was ejected, or is used again. */
interface AddressChange {
  /** `host:port`. */
  readonly name: string;
  readonly address: string;
  /** For how long it is ejected, in ms; `undefined` = it is used again. */
  readonly ejectedForMs: number | undefined;
}

/** What one connection wants of the order. */
export interface ConnectionWish {
  /** Addresses that a request has just failed at. */
  readonly avoid?: ReadonlySet<string> | undefined;
  /**
   * Whether its request may find out if an ejected address works again. One that may not does so all the same where no
   * other did in all the time that the address was ejected for.
   * @defaultValue `true`
   */
  readonly mayProbe?: boolean | undefined;
}

/** What is remembered of an address, and of which name it is. */
export interface NamedAddressHealth extends AddressHealth {
  /** `host:port`. */
  readonly name: string;
}

/** A crawler meets names without end; the ones used longest ago make room. */
export const MAX_NAMES = 10_000;

/** What is known of a name with several addresses. */
interface KnownName {
  readonly name: string;
  addresses: readonly Address[];
  readonly ejections: Ejections | undefined;
  /** Addresses that were tried first, until each of their family was. */
  readonly hadTheirTurn: Set<string>;
  /** When a connection was last asked for, to try an address that is due. */
  probeAskedMs: number;
}

/** How long a connection may take that tries an address, before another one is asked for. */
const PROBE_AGAIN_MS = 1000;

/** The order in which the addresses of each name are tried; those of a name with a single one cost nothing. */
export class Addresses {
  /**
   * Whether no address of any name failed lately: nothing is held back, and a success changes nothing. A plain field,
   * because it is asked for every request.
   */
  isQuiet = true;
  readonly #options: AddressOptions;
  /** The one that was not connected to for the longest makes room. */
  readonly #names: BoundedMap<string, KnownName>;
  /** Those with an address that failed lately. */
  readonly #troubled = new Set<string>();

  /** @param maxNames how many names are remembered. */
  constructor(options: AddressOptions, maxNames = MAX_NAMES) {
    this.#options = options;
    this.#names = new BoundedMap(maxNames, { onForgotten: ({ name }) => this.#calm(name) });
  }

  /** How many names it remembers. */
  get size(): number {
    return this.#names.size;
  }

  /** Whether a name is known to have several addresses. */
  hasSeveral(name: string): boolean {
    return this.#names.peek(name) !== undefined;
  }

  /**
   * The addresses that a new connection is to try, in this order. None is left only if there was none.
   *
   * @param name `host:port`: on another port another server answers.
   */
  forConnection(name: string, addresses: readonly Address[], wish: ConnectionWish = {}): Address[] {
    if (addresses.length < 2) {
      this.#forget(name);
      return [...addresses];
    }
    const nowMs = this.#options.now();
    const known = this.#use(name, addresses, nowMs);
    const held = known.ejections?.heldBack(nowMs) ?? NONE;
    const isDue = ({ address }: Address) =>
      held.has(address) && known.ejections?.stateOf(address, nowMs) === 'due';
    const candidates = addresses.filter((one) => !held.has(one.address) || isDue(one));
    const ordered = inOrder(candidates.length > 0 ? candidates : addresses, {
      random: this.#options.randomize ? this.#options.random : undefined,
      isAvoided: ({ address }) => wish.avoid?.has(address) === true,
      rankOf: (one) => rankOf(one, known, wish, isDue(one)),
    });
    const mayBeTried = (one: Address) => isDue(one) && mayTry(known, one.address, nowMs, wish);
    const chosen = withProbe(ordered, isDue, mayBeTried, wish);
    this.#noteFirst(chosen, known, isDue, nowMs);
    return chosen;
  }

  /** A request to an address was answered, with anything but a 5xx. */
  succeeded(name: string, address: string): void {
    if (!this.#troubled.has(name)) return;
    const ejections = this.#names.peek(name)?.ejections;
    ejections?.succeeded(address, this.#options.now());
    if (ejections?.isEmpty !== false) this.#calm(name);
  }

  /**
   * A request to an address ended in a 5xx, a timeout or a lost connection.
   *
   * @param isUnreachable whether there was no connection.
   */
  failed(name: string, address: string, isUnreachable: boolean): void {
    const ejections = this.#names.peek(name)?.ejections;
    ejections?.failed(address, isUnreachable, this.#options.now());
    if (ejections?.isEmpty !== false) return;
    this.#troubled.add(name);
    this.isQuiet = false;
  }

  /** Whether an address is held back, so that idle connections to it are not to be used either. */
  isHeldBack(name: string, address: string): boolean {
    if (!this.#troubled.has(name)) return false;
    const ejections = this.#names.peek(name)?.ejections;
    return ejections?.heldBack(this.#options.now()).has(address) === true;
  }

  /**
   * Whether a connection is to be made to try an address, though there are others that could be used; `true` for one of
   * those who ask.
   */
  takeProbe(name: string, wish: Pick<ConnectionWish, 'mayProbe'> = {}): boolean {
    if (!this.#troubled.has(name)) return false;
    const known = this.#names.peek(name);
    const nowMs = this.#options.now();
    if (known === undefined || nowMs - known.probeAskedMs < PROBE_AGAIN_MS) return false;
    const due = known.ejections?.due(nowMs) ?? [];
    if (!due.some((address) => mayTry(known, address, nowMs, wish))) return false;
    known.probeAskedMs = nowMs;
    return true;
  }

  /** Whether a request with these wishes may find out if an address that is held back works again. */
  mayTry(name: string, address: string, wish: Pick<ConnectionWish, 'mayProbe'>): boolean {
    const known = this.#names.peek(name);
    return known !== undefined && mayTry(known, address, this.#options.now(), wish);
  }

  /**
   * Whether a name has addresses besides these, and of a family of theirs, that a connection may be made to. The other
   * family is most often the other way to the same servers.
   */
  hasOthers(name: string, addresses: ReadonlySet<string>): boolean {
    const known = this.#names.peek(name);
    if (known === undefined) return false;
    const held = known.ejections?.heldBack(this.#options.now()) ?? NONE;
    const families = new Set(
      known.addresses.flatMap((one) => (addresses.has(one.address) ? one.family : [])),
    );
    return known.addresses.some(
      ({ address, family }) => families.has(family) && !addresses.has(address) && !held.has(address),
    );
  }

  /** The addresses that failed lately. */
  snapshot(): NamedAddressHealth[] {
    const nowMs = this.#options.now();
    return this.#names
      .values()
      .flatMap(({ name, ejections }) =>
        (ejections?.snapshot(nowMs) ?? []).map((health) => ({ name, ...health })),
      );
  }

  #use(name: string, addresses: readonly Address[], nowMs: number): KnownName {
    const known = this.#names.getOrMake(name, () => this.#newName(name));
    known.addresses = addresses;
    known.ejections?.setAddresses(
      addresses.map(({ address }) => address),
      nowMs,
    );
    return known;
  }

  #forget(name: string): void {
    if (this.#names.delete(name)) this.#calm(name);
  }

  /** No address of this name counts as failed any more. */
  #calm(name: string): void {
    this.#troubled.delete(name);
    this.isQuiet = this.#troubled.size === 0;
  }

  #newName(name: string): KnownName {
    const { eject, onChange } = this.#options;
    const ejections =
      eject === false
        ? undefined
        : new Ejections(eject, (address, ejectedForMs) => onChange?.({ name, address, ejectedForMs }));
    return {
      name,
      addresses: [],
      ejections,
      hadTheirTurn: new Set(),
      probeAskedMs: Number.NEGATIVE_INFINITY,
    };
  }

  /** Of those of a family each gets its turn, so that a few connections are spread as evenly as many. */
  #noteFirst(
    chosen: readonly Address[],
    { ejections, hadTheirTurn }: KnownName,
    isDue: (one: Address) => boolean,
    nowMs: number,
  ): void {
    const [first] = chosen;
    if (first === undefined) return;
    if (isDue(first)) ejections?.startProbe(first.address, nowMs);
    if (!this.#options.randomize) return;
    hadTheirTurn.add(first.address);
    const family = chosen.filter((one) => one.family === first.family);
    if (!family.every(({ address }) => hadTheirTurn.has(address))) return;
    for (const { address } of family) hadTheirTurn.delete(address);
  }
}

const NONE: ReadonlySet<string> = new Set();

function mayTry(
  { ejections }: KnownName,
  address: string,
  nowMs: number,
  { mayProbe = true }: Pick<ConnectionWish, 'mayProbe'>,
): boolean {
  return mayProbe || ejections?.isOverdue(address, nowMs) === true;
}

/** An address to be avoided comes after all others of its family, one that may be out of order still after that. */
function rankOf(
  { address }: Address,
  { hadTheirTurn }: KnownName,
  { avoid }: ConnectionWish,
  isDue: boolean,
): number {
  return (isDue ? 4 : 0) + (avoid?.has(address) === true ? 2 : 0) + (hadTheirTurn.has(address) ? 1 : 0);
}

/**
 * Puts an address that is due first, if it is of the family that is tried first; others of that family wait for another
 * connection. In other families, which are tried only if the first cannot be connected to, they stay the last.
 */
function withProbe(
  ordered: readonly Address[],
  isDue: (one: Address) => boolean,
  mayBeTried: (one: Address) => boolean,
  { avoid }: ConnectionWish,
): Address[] {
  const [first] = ordered;
  const isOfFirstFamily = ({ family }: Address) => family === first?.family;
  const probe = ordered.find(
    (one) => isOfFirstFamily(one) && mayBeTried(one) && avoid?.has(one.address) !== true,
  );
  const others = ordered.filter((one) => !(isOfFirstFamily(one) && isDue(one)));
  if (probe !== undefined) return [probe, ...others];
  return others.length > 0 ? others : [...ordered];
}
