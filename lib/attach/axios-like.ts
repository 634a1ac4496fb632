/**
 * What the policy needs of an axios instance.
 *
 * Structural, because `AxiosInstance` of axios' CommonJS types and of its ES module types are not assignable to each
 * other, and both kinds of users are served by one signature.
 */
import type {
  AxiosError,
  AxiosInstance,
  AxiosResponse,
  AxiosStatic,
  InternalAxiosRequestConfig,
} from 'axios';
import { fieldOf, hasField } from '../config/own.js';
import { PolicyConfigError } from '../errors.js';
import { isMockFunction } from './mock.js';

/** An interceptor manager, as far as types need to agree between versions of axios. */
export interface InterceptorManagerLike {
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
