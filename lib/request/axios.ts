import type {
  AxiosError,
  AxiosInstance,
  AxiosResponse,
  AxiosStatic,
  InternalAxiosRequestConfig,
} from 'axios';
import { fieldOf, hasField } from '../config/own.js';
import { PolicyConfigError } from '../errors.js';

/** A function of a test, by the marks of Jest, Vitest, `node:test` and sinon. */
function isMockFunction(value: unknown): boolean {
  if (typeof value !== 'function') return false;
  const { _isMockFunction, isSinonProxy, mock } = value as unknown as Record<string, unknown>;
  return _isMockFunction === true || isSinonProxy === true || (typeof mock === 'object' && mock !== null);
}

const METHODS = ['request', 'get', 'post', 'put', 'patch', 'delete', 'head', 'create'] as const;

/** What is looked at of whatever was given for an instance. */
interface Candidate extends Partial<Record<(typeof METHODS)[number], unknown>> {
  readonly Axios?: unknown;
  readonly interceptors?: { readonly request?: Interceptors; readonly response?: Interceptors };
}

interface Interceptors {
  readonly use?: unknown;
  readonly forEach?: unknown;
}

/**
 * Whether something stands in for axios in a test and would never ask its interceptors: an automatic mock, or one made
 * by hand. An instance on which a test merely spies is none.
 */
export function isMockedAxios(instance: unknown): boolean {
  if (instance === null || (typeof instance !== 'object' && typeof instance !== 'function')) return false;
  const candidate: Candidate = instance;
  if (!isMockFunction(instance) && !METHODS.some((name) => isMockFunction(candidate[name]))) return false;
  const { interceptors, create, Axios } = candidate;
  const hasNoSibling = isMockFunction(create) && typeof Axios !== 'function';
  return hasNoSibling || !isReal(interceptors?.request) || !isReal(interceptors?.response);
}

/** Whoever spies on `use` leaves the rest as it is. */
function isReal({ use, forEach }: Interceptors = {}): boolean {
  if (!isMockFunction(use)) return typeof use === 'function';
  return typeof forEach === 'function' && !isMockFunction(forEach);
}

/**
 * What the policy needs of an axios instance.
 *
 * Structural, because `AxiosInstance` of axios' CommonJS types and of its ES module types are not assignable to each
 * other, and both kinds of users are served by one signature.
 */

/** An interceptor manager, as far as types need to agree between versions of axios. */
interface InterceptorManagerLike {
  use(...args: never[]): number;
  eject(id: number): void;
}

/** Any axios instance, or axios itself, of axios >= 1.7.9, from its CommonJS or its ES module build. */
export interface AxiosLike {
  defaults: object;
  interceptors: { request: InterceptorManagerLike; response: InterceptorManagerLike };
  request(...args: never[]): Promise<unknown>;
}

/** The request config as the policy handles it: between interceptors and adapter. */
export type RequestConfig = InternalAxiosRequestConfig & { policy?: unknown };

export type { AxiosError, AxiosInstance, AxiosResponse };

/** The instance, with the types of the axios this was compiled against. */
export function asAxios(instance: unknown): AxiosInstance {
  if (!isAxios(instance)) {
    throw new PolicyConfigError([
      { path: 'instance', expected: 'an axios instance, or axios itself', received: describe(instance) },
    ]);
  }
  // What was checked is all that is used; the full type cannot be proven across copies and versions of axios.
  return instance as unknown as AxiosInstance;
}

function isAxios(value: unknown): value is AxiosLike {
  const candidate = value as Partial<AxiosLike> | null | undefined;
  return (
    (typeof value === 'function' || typeof value === 'object') &&
    typeof candidate?.request === 'function' &&
    typeof candidate.defaults === 'object' &&
    typeof candidate.interceptors?.request?.use === 'function' &&
    typeof candidate.interceptors.response?.use === 'function'
  );
}

function describe(value: unknown): string {
  if (value === null || value === undefined)
    return `${value}, which is what an automatic mock of axios creates`;
  return typeof value === 'object' ? 'an object that is none' : `a ${typeof value}`;
}

/**
 * A sibling of the instance without interceptors and defaults: axios' own dispatch, from the same copy of axios, for
 * requests whose config is complete already.
 */
export function bareSibling(instance: AxiosInstance): AxiosInstance {
  const sibling = siblingOf(instance);
  for (const key of Object.keys(sibling.defaults)) delete (sibling.defaults as Record<string, unknown>)[key];
  // Those of a `create` that somebody wrapped, as axios-cookiejar-support does.
  sibling.interceptors.request.clear();
  sibling.interceptors.response.clear();
  return sibling;
}

function siblingOf(instance: AxiosInstance): AxiosInstance {
  const { create, Axios } = instance as Partial<AxiosStatic>;
  // One that a test put there may return the instance itself.
  if (Axios !== undefined && isMockFunction(create)) return new Axios({}) as AxiosInstance;
  if (create !== undefined) return instance.create();
  // An instance made with `new Axios()` has no create; its constructor makes the same thing.
  return new (instance.constructor as new (config: object) => AxiosInstance)({});
}

/** A cancel token that can be listened to. */
interface ObservableCancelToken {
  subscribe?(listener: (reason?: unknown) => void): void;
  unsubscribe?(listener: (reason?: unknown) => void): void;
}

/** The cancel token of a request. Axios' own can be listened to; its types keep quiet about it. */
export function cancelTokenOf(config: RequestConfig): ObservableCancelToken | undefined {
  return fieldOf(config, 'cancelToken') as ObservableCancelToken | undefined;
}

/** Whether something is what axios cancels with. */
export function isCancel(reason: unknown): boolean {
  return typeof reason === 'object' && reason !== null && hasField(reason, '__CANCEL__');
}

type Adapter = RequestConfig['adapter'];

/**
 * The one of axios' named adapters to use in Node: `http` wherever it may be chosen, as only it has connections to shape;
 * `undefined` for a function, the caller's own adapter.
 */
export function adapterName(adapter: Adapter): Adapter {
  if (typeof adapter === 'function') return undefined;
  if (adapter === undefined) return 'http';
  return Array.isArray(adapter) && adapter.includes('http') ? 'http' : adapter;
}

/** axios' named adapters to choose from in a browser, where there is no `http`. */
export function browserAdapterName(adapter: Adapter): Adapter {
  if (typeof adapter === 'function') return undefined;
  return adapter ?? ['xhr', 'fetch'];
}

const WITHOUT_SOCKETS: ReadonlySet<unknown> = new Set(['xhr', 'fetch']);

/** Whether requests can only go through adapters of axios that make connections of their own. */
export function makesOwnConnections(adapter: Adapter): boolean {
  const names: readonly unknown[] = Array.isArray(adapter) ? adapter : [adapter];
  return names.length > 0 && names.every(isWithoutSockets);
}

function isWithoutSockets(name: unknown): boolean {
  // axios takes names in any case.
  return typeof name === 'string' && WITHOUT_SOCKETS.has(name.toLowerCase());
}

/** Whether the caller takes a status for a success. */
export function accepts({ validateStatus }: RequestConfig, status: number): boolean {
  return !validateStatus || validateStatus(status);
}
