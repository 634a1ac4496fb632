import { allowsHttp } from '../config/client-parsers.js';
import type { Unsupported } from '../config/option.js';
import type { ResolvedClient, ResolvedPolicy, ResolvedRequestPolicy } from '../config/resolved.js';
import { describeShortLimit } from '../config/resolver.js';
import type { TrackingBudget } from '../retry/budget.js';
import type { RequestConfig } from './axios.js';
import { makesOwnConnections } from './axios.js';
import type { UrlBuilder } from './url.js';
import { plainHttpUrl } from './url.js';

/** Node's `process`, as far as it is used; other platforms have none. */
interface WarningEmitter {
  emitWarning?(message: string, options: { type: string; code: string; detail?: string }): void;
}

/**
 * Warns the developer: as a process warning, which can be listened to and is printed once, or on the console where there
 * is no such thing.
 *
 * @param code stable, for those who filter.
 * @param detail is printed below the message.
 */
export function warnDeveloper(code: string, message: string, detail?: string): void {
  const emitter = (globalThis as { process?: WarningEmitter }).process;
  if (typeof emitter?.emitWarning === 'function') {
    emitter.emitWarning(message, {
      type: 'AxiosPolicyWarning',
      code,
      ...(detail === undefined ? {} : { detail }),
    });
  } else {
    console.warn(`[${code}] AxiosPolicyWarning: ${message}${detail === undefined ? '' : `\n${detail}`}`);
  }
}

/** Calls one of the caller's functions; an error that it throws is reported, and counts as `fallback`. */
export function callHook<T>(hook: string, call: () => T, fallback: T, name?: string): T {
  try {
    return call();
  } catch (error) {
    reportHookError(hook, error, name);
    return fallback;
  }
}

/** A promise, where the types know of none: an async function passes for one that returns nothing. */
function promiseOf(answer: unknown): Promise<unknown> | undefined {
  const isThenable = typeof (answer as Partial<Promise<unknown>> | null | undefined)?.then === 'function';
  return isThenable ? Promise.resolve(answer) : undefined;
}

/**
 * The answer of a function of the caller's that has to answer at once. A promise would count as a yes.
 *
 * @throws TypeError if it is one.
 */
export function atOnce<T>(answer: T): T {
  const promise = promiseOf(answer);
  if (promise === undefined) return answer;
  promise.catch(() => undefined);
  throw new TypeError('it returned a promise, but has to answer at once');
}

/** A budget of the caller's own, whose errors are reported and end no request, nor the process. */
export function guardedBudget(budget: TrackingBudget): TrackingBudget {
  const tell = (call: () => unknown) => {
    const promise = promiseOf(callHook('budget', call, undefined));
    promise?.catch((error: unknown) => reportHookError('budget', error));
  };
  return {
    request: (origin) => tell(() => budget.request?.(origin)),
    withdraw: (origin) => callHook('budget', () => atOnce(budget.withdraw(origin)), false),
    deposit: (origin, retries) => tell(() => budget.deposit(origin, retries)),
  };
}

/**
 * Reports an error that one of the caller's hooks threw, as a warning: it must not hide the outcome of the
 * request, and must not be lost either.
 */
export function reportHookError(hook: string, error: unknown, name?: string): void {
  const reason = error instanceof Error ? error.message : String(error);
  const detail = error instanceof Error ? error.stack : undefined;
  warnDeveloper('AXIOS_POLICY_HOOK', `${whose(name)}the policy's ${hook} hook failed: ${reason}`, detail);
}

/** The name of a request's policy. A host that stands for one is left out where the URL is. */
export function nameOf({ context, settings }: NamedCall): string | undefined {
  return settings.sensitive && !context.isNamed ? undefined : context.name;
}

/** A request, as far as its name goes. */
interface NamedCall {
  readonly context: { readonly name: string | undefined; readonly isNamed: boolean };
  readonly settings: Pick<ResolvedRequestPolicy, 'sensitive'>;
}

/** Begins a warning about one of several policies. */
function whose(name: string | undefined): string {
  return name === undefined ? '' : `policy '${name}': `;
}

type Defaults = Pick<RequestConfig, 'baseURL' | 'httpsAgent' | 'socketPath'>;

/**
 * Warns, when a policy is attached or updated, of settings that are right and yet may not be meant. An update that changes
 * nothing about it says nothing again.
 */
export class AttachWarnings {
  readonly #told = new Map<string, string | undefined>();

  /** Warns of what the last configuration was not warned of. */
  tell(policy: ResolvedPolicy, name: string | undefined, defaults: Defaults, axios: UrlBuilder): void {
    this.#tell('AXIOS_POLICY_INVALID_CERTIFICATES', name, certificates(policy));
    this.#tell('AXIOS_POLICY_NO_AUTHORITY', name, authorities(policy, defaults));
    this.#tell('AXIOS_POLICY_HTTP_NOT_ALLOWED', name, plainBase(policy, defaults, axios));
    this.#tell('AXIOS_POLICY_SHORT_LIMITS', name, limits(policy));
  }

  #tell(code: string, name: string | undefined, text: string | undefined): void {
    const message = text && whose(name) + text;
    if (message && message !== this.#told.get(code)) warnDeveloper(code, message);
    this.#told.set(code, message);
  }
}

function certificates({ client }: ResolvedPolicy): string | undefined {
  return client.allowInvalidCertificates
    ? 'client.allowInvalidCertificates is on: TLS certificates are not checked'
    : undefined;
}

/** An agent of the instance may know some. */
function authorities({ client }: ResolvedPolicy, { httpsAgent }: Defaults): string | undefined {
  const { allowInvalidCertificates, disableSystemCertificates, rootCertificate, tls } = client;
  if (!disableSystemCertificates || allowInvalidCertificates || httpsAgent) return undefined;
  if (rootCertificate !== undefined || tls.reveal().ca !== undefined) return undefined;
  return 'client.disableSystemCertificates is on and no authority is named, so that https:// requests will fail: name yours in client.rootCertificate';
}

/** Told by the first request alone, it would be known in production and not before. */
function plainBase({ client }: ResolvedPolicy, defaults: Defaults, axios: UrlBuilder): string | undefined {
  const { baseURL, socketPath } = defaults;
  if (client.allowHttp === true || !baseURL) return undefined;
  const base = plainHttpUrl({ baseURL, ...(socketPath && { socketPath }) }, axios);
  if (base === undefined || allowsHttp(client.allowHttp, base.hostname, base.port)) return undefined;
  return `baseURL is http://${base.host}, which is refused: use https, or allow it with client.allowHttp`;
}

function limits({ shortLimits }: ResolvedPolicy): string | undefined {
  // With a unit it is meant.
  const bare = shortLimits?.filter(({ inSeconds }) => inSeconds !== undefined) ?? [];
  if (bare.length === 0) return undefined;
  return `numbers are milliseconds: ${bare.map(describeShortLimit).join(', ')}`;
}

type Adapter = RequestConfig['adapter'];

/** Options that an instance's own adapter does not support; `undefined` if it supports all. */
export function unsupportedBy(adapter: Adapter): Unsupported | undefined {
  if (!makesOwnConnections(adapter)) return undefined;
  return { needs: ['sockets'], reason: `${describeAdapter(adapter)} makes its own connections` };
}

/** Warns, once per policy, of options that somebody set and the adapter of a request does not support. */
export class UnsupportedOptions {
  /** The paths of those that somebody set. */
  readonly #paths: readonly string[];
  readonly #name: string | undefined;
  #hasWarned = false;
  #told: string | undefined;

  /**
   * @param name of the policy, in the warning.
   * @param before of the configuration before an update: what it has told is not told again.
   */
  constructor({ given }: ResolvedClient, name: string | undefined, before?: UnsupportedOptions) {
    this.#name = name;
    if (before !== undefined) this.#told = before.#told;
    const needing = [...given.values()].filter(({ needs }) => needs === 'sockets');
    this.#paths = needing.map(({ path }) => path);
  }

  /** A request goes through an adapter that makes connections of its own. */
  note(adapter: Adapter, { readTimeoutMs }: ResolvedRequestPolicy): void {
    if (this.#hasWarned) return;
    const paths = readTimeoutMs ? [...this.#paths, 'policy.readTimeout'] : this.#paths;
    if (paths.length === 0) return;
    this.#hasWarned = true;
    const message = `${whose(this.#name)}${paths.join(', ')}: cannot hold for a request whose ${describeAdapter(adapter)} makes its own connections`;
    if (message === this.#told) return;
    this.#told = message;
    warnDeveloper('AXIOS_POLICY_UNHELD_FIELDS', message);
  }
}

function describeAdapter(adapter: Adapter): string {
  return `adapter ${[adapter].flat().join(', ')}`;
}
