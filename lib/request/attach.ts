import type { AxiosStatic } from 'axios';
import type { PolicyView, ResolvedPolicy } from '../config/resolved.js';
import type { PolicyConfig } from '../config/types.js';
import { PolicyConfigError } from '../errors.js';
import type { PolicyStats } from './activity.js';
import { Activity } from './activity.js';
import type { AxiosInstance, AxiosLike, RequestConfig } from './axios.js';
import type { Platform } from './platform.js';
import type { Policy } from './policy.js';
import { ASYNC_DISPOSE, AttachedPolicy, isAttached } from './policy.js';
import { unsupportedBy, warnDeveloper } from './warnings.js';

/**
 * Attaches a policy to an axios instance.
 *
 * @param platform `request/node.ts` or `request/browser.ts`.
 * @throws {PolicyConfigError} before the instance is touched.
 */
export function attach(instance: AxiosLike, config: PolicyConfig, platform: Platform): Policy {
  if (isMockedAxios(instance)) return attachToNothing(config, platform);
  const axios = asAxios(instance);
  if (isAttached(axios)) {
    throw new PolicyConfigError([
      {
        path: 'instance',
        expected: 'an instance without a policy',
        received: 'one that has a policy already',
      },
    ]);
  }
  const { adapter }: Pick<RequestConfig, 'adapter'> = axios.defaults;
  const policy = platform.resolvePolicy(config, unsupportedBy(adapter));
  const bare = bareSibling(axios);
  return new AttachedPolicy({ axios, bare, platform }, policy);
}

/** A mock never asks its interceptors; the program that is tested shall start all the same. */
function attachToNothing(config: PolicyConfig, platform: Platform): Policy {
  const policy = platform.resolvePolicy(config);
  warnDeveloper(
    'AXIOS_POLICY_MOCKED_AXIOS',
    'attached to nothing, because this is a mock of axios: to test with a policy, keep axios and mock its adapter or ' +
      'the network (axios-mock-adapter, nock, msw; see docs/testing.md)',
  );
  return new InertPolicy(platform, policy);
}

/** A policy that is attached to nothing, and is detached and closed like any other. */
class InertPolicy implements Policy {
  readonly #platform: Platform;
  #view: PolicyView;
  #detached = false;

  constructor(platform: Platform, policy: ResolvedPolicy) {
    this.#platform = platform;
    this.#view = platform.describePolicy(policy);
  }

  get config(): PolicyView {
    return this.#view;
  }

  update(config: PolicyConfig): void {
    const policy = this.#platform.resolvePolicy(config);
    if (!this.#detached) this.#view = this.#platform.describePolicy(policy);
  }

  detach(): void {
    this.#detached = true;
  }

  async close(): Promise<void> {
    this.detach();
  }

  async [ASYNC_DISPOSE](): Promise<void> {
    this.detach();
  }

  stats(): PolicyStats {
    const { counters } = new Activity(() => undefined);
    const { name } = this.#view;
    return { name, pools: [], http2: [], addresses: [], budget: [], ...counters };
  }
}

/** A function of a test, by the marks of Jest, Vitest, `node:test` and sinon. */
function isMockFunction(value: unknown): boolean {
  if (typeof value !== 'function') return false;
  const mock: unknown = Reflect.get(value, 'mock');
  const isOfJest = Reflect.get(value, '_isMockFunction') === true;
  return (
    isOfJest || Reflect.get(value, 'isSinonProxy') === true || (typeof mock === 'object' && mock !== null)
  );
}

const METHODS = ['request', 'get', 'post', 'put', 'patch', 'delete', 'head', 'create'] as const;

/** An object that was given for an instance, as far as it is looked at. */
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
function isMockedAxios(instance: unknown): boolean {
  if (instance === null || (typeof instance !== 'object' && typeof instance !== 'function')) return false;
  const candidate: Candidate = instance;
  if (!isMockFunction(instance) && !METHODS.some((name) => isMockFunction(candidate[name]))) return false;
  const { interceptors, create, Axios } = candidate;
  const hasNoSibling = isMockFunction(create) && typeof Axios !== 'function';
  return hasNoSibling || !isReal(interceptors?.request) || !isReal(interceptors?.response);
}

/** A spy on `use` leaves the rest as it is. */
function isReal({ use, forEach }: Interceptors = {}): boolean {
  if (!isMockFunction(use)) return typeof use === 'function';
  return typeof forEach === 'function' && !isMockFunction(forEach);
}

/** The instance, with the types of the axios this was compiled against. */
function asAxios(instance: unknown): AxiosInstance {
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
function bareSibling(instance: AxiosInstance): AxiosInstance {
  const sibling = siblingOf(instance);
  for (const key of Object.keys(sibling.defaults)) Reflect.deleteProperty(sibling.defaults, key);
  // Those of a `create` that somebody wrapped, as axios-cookiejar-support does.
  sibling.interceptors.request.clear();
  sibling.interceptors.response.clear();
  return sibling;
}

function siblingOf(instance: AxiosInstance): AxiosInstance {
  const { create, Axios }: Partial<AxiosStatic> = instance;
  // One that a test put there may return the instance itself.
  if (Axios !== undefined && isMockFunction(create)) return new Axios({}) as AxiosInstance;
  if (create !== undefined) return instance.create();
  // An instance made with `new Axios()` has no create; its constructor makes the same thing.
  return new (instance.constructor as new (config: object) => AxiosInstance)({});
}
