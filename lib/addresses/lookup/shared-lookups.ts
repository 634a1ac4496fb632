import { AsyncResource } from 'node:async_hooks';
import type { LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { MAX_NAMES } from '../addresses.js';
import { type Address, AnswerCache, type CacheLimits } from '../answer-cache.js';

/** What a look-up calls back with. */
type LookupCallback = Parameters<LookupFunction>[2];

/** The error of a look-up, if it failed. */
export type LookupError = NodeJS.ErrnoException | null;

/** What a look-up answered, if it is something else than was asked for. */
interface RawAnswer {
  readonly raw: readonly [address: Parameters<LookupCallback>[1], family?: number];
}

/** Takes what a look-up answered. */
export type OnAnswer = (error: LookupError, answer: readonly Address[] | RawAnswer) => void;

/** What is asked. */
export interface Question {
  readonly hostname: string;
  readonly options: LookupOptions;
  readonly lookup: LookupFunction;
}

/** A look-up under way, and the connections that wait for it. */
interface Asked {
  readonly sinceMs: number;
  /** Gives up waiting for it where there is an old answer. */
  slow: NodeJS.Timeout | undefined;
  waiting: OnAnswer[];
}

/**
 * How long a connection waits for a look-up while there is an old answer: the client response timer of RFC 8767. A
 * name server that is away shows by silence, and `getaddrinfo` takes 10 s and more to give up.
 */
const SLOW_MS = 1800;

/** No connection joins a look-up older than this: it may never end. */
const HANGING_MS = 10_000;

/** That no answer could be had. Any other error may forbid the connection. */
const UNANSWERED =
  /^(?:EAI_\w+|ENOTFOUND|ENODATA|ESERVFAIL|EFORMERR|ENOTIMP|EREFUSED|EBADRESP|ETIMEOUT|ETIMEDOUT|ECONNREFUSED|ECANCELLED)$/;

/**
 * One look-up for all connections that ask the same at a time, and its answer for those that ask soon after.
 * `getaddrinfo` runs on the few threads of libuv, which the file system and zlib use as well.
 */
export class SharedLookups {
  readonly #answers: AnswerCache;
  readonly #now: () => number;
  readonly #asked = new Map<string, Asked>();
  /** Tells functions apart. */
  readonly #ids = new WeakMap<LookupFunction, number>();
  #lastId = 0;

  /** @param now a monotonic clock, in ms. */
  constructor(limits: CacheLimits, now: () => number) {
    this.#answers = new AnswerCache(limits, MAX_NAMES);
    this.#now = now;
  }

  /** Answers a question, never before it returns. */
  find(question: Question, onAnswer: OnAnswer): void {
    const key = this.#keyOf(question);
    const cached = this.#answers.find(key, this.#now());
    if (cached !== undefined && cached.age !== 'expired') {
      process.nextTick(onAnswer, null, cached.addresses);
      return;
    }
    const asked = this.#asked.get(key);
    const ageMs = asked === undefined ? 0 : this.#now() - asked.sinceMs;
    if (cached !== undefined && ageMs >= SLOW_MS) process.nextTick(onAnswer, null, cached.addresses);
    else if (asked !== undefined && ageMs < HANGING_MS) asked.waiting.push(AsyncResource.bind(onAnswer));
    else this.#ask(key, question, cached?.addresses, onAnswer);
  }

  #ask(
    key: string,
    { hostname, options, lookup }: Question,
    old: readonly Address[] | undefined,
    onAnswer: OnAnswer,
  ): void {
    const asked: Asked = { sinceMs: this.#now(), slow: undefined, waiting: [onAnswer] };
    this.#asked.set(key, asked);
    try {
      ask({ hostname, options, lookup }, (error, answer) => this.#answered(key, asked, old, error, answer));
    } catch (error) {
      this.#asked.delete(key);
      throw error;
    }
    if (old === undefined || this.#asked.get(key) !== asked) return;
    asked.slow = setTimeout(() => this.#serveOld(key, asked, old), SLOW_MS);
    asked.slow.unref?.();
  }

  #answered(
    key: string,
    asked: Asked,
    old: readonly Address[] | undefined,
    error: LookupError,
    answer: readonly Address[] | RawAnswer,
  ): void {
    clearTimeout(asked.slow);
    if (this.#asked.get(key) === asked) this.#asked.delete(key);
    if (error && old !== undefined && UNANSWERED.test(error.code ?? '')) {
      this.#serveOld(key, asked, old);
      return;
    }
    if (!error && !('raw' in answer)) this.#answers.store(key, answer, this.#now());
    asked.waiting.forEach((tell, i) => void tell(i === 0 ? error : copyOf(error), answer));
    asked.waiting = [];
  }

  #serveOld(key: string, asked: Asked, old: readonly Address[]): void {
    this.#answers.noteFailure(key, this.#now());
    for (const tell of asked.waiting) tell(null, old);
    asked.waiting = [];
  }

  #keyOf({ hostname, options, lookup }: Question): string {
    const id = this.#ids.get(lookup) ?? ++this.#lastId;
    this.#ids.set(lookup, id);
    const { family = 0, hints = 0, all = false } = options;
    return `${hostname} ${family} ${hints} ${all} ${id}`;
  }
}

/**
 * Asks for the addresses of a name. An answer without any is an error to whoever wants to connect; Node would end the
 * process over it.
 */
export function ask({ hostname, options, lookup }: Question, onAnswer: OnAnswer): void {
  lookup(hostname, options, (error, address, family) => {
    // Not all look-ups keep to the types.
    const given: unknown = address;
    const isEmpty = !error && (given == null || (Array.isArray(given) && given.length === 0));
    onAnswer(isEmpty ? noAddress(hostname) : error, toAnswer(options, address, family));
  });
}

function noAddress(hostname: string): NodeJS.ErrnoException {
  const error = new Error(`The look-up of ${hostname} answered with no address`);
  return Object.assign(error, { code: 'ENODATA', syscall: 'lookup', hostname });
}

/** What a look-up answered, as a list if it is what was asked for. */
function toAnswer(
  { all = false }: LookupOptions,
  address: Parameters<LookupCallback>[1],
  family?: number,
): readonly Address[] | RawAnswer {
  const list = Array.isArray(address) ? address : [{ address, family }];
  const isAsked = Array.isArray(address) === all && list.length > 0 && list.every(isAddress);
  return isAsked ? list : { raw: [address, family] };
}

function isAddress(
  value: { readonly address?: unknown; readonly family?: unknown } | null,
): value is Address {
  return typeof value?.address === 'string' && typeof value.family === 'number';
}

/** Each request annotates its own error. */
function copyOf(error: LookupError): LookupError {
  if (!error || Object.getPrototypeOf(error) !== Error.prototype) return error;
  return Object.assign(new Error(error.message), { stack: error.stack }, error);
}
