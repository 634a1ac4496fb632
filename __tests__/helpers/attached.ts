import ownAxios, {
  type AxiosError,
  type AxiosInstance,
  type AxiosStatic,
  type CreateAxiosDefaults,
} from 'axios';
import { attachPolicy, type ClientConfig, type Policy, type RetryConfig } from '../../lib/index.js';
import * as certs from './certs.js';
import { atEnd } from './cleanup.js';
import { startOrigin } from './origin.js';
import { until } from './wait.js';

export interface AttachedOptions {
  /** On top of `allowHttp: true` and trust in the test authority. */
  client?: ClientConfig;
  /** @defaultValue `false`: transport only */
  retry?: RetryConfig | false;
  /** Of the instance. */
  defaults?: CreateAxiosDefaults;
  /** @defaultValue the newest copy */
  axios?: AxiosStatic;
  /** Done to the instance before the policy is attached. */
  before?: (http: AxiosInstance) => void;
}

/** An axios instance and the policy attached to it. */
export interface Attached {
  http: AxiosInstance;
  policy: Policy;
}

/** Attaches a policy to a new instance. It is closed when the test ends, with whatever is under way. */
export function attached({ client, retry = false, defaults, axios, before }: AttachedOptions = {}): Attached {
  const http = (axios ?? ownAxios).create(defaults);
  before?.(http);
  const policy = attachPolicy(http, { client: { allowHttp: true, tls: { ca: certs.ca }, ...client }, retry });
  atEnd(() => policy.close({ abort: true }));
  return { http, policy };
}

/**
 * Whether a test's request is the first one of its policy, which axios' adapter makes, or a later one, which may take a
 * shorter way.
 */
export type When = 'first' | 'later';

/** Like {@link attached}; for `later`, with a request made already, on a connection that is closed again. */
export async function attachedFor(when: When, options: AttachedOptions): Promise<Attached> {
  const it = attached(options);
  if (when === 'first') return it;
  const origin = await startOrigin({ tls: options.client?.allowHttp === false });
  const patient = { timeout: '10s', readTimeout: false, retry: false } as const;
  const first = () => it.http.get(origin.url, { headers: { Connection: 'close' }, policy: patient });
  let failure: unknown;
  // Again where a busy machine took longer to connect than the test's connectTimeout allows.
  const isMade = () =>
    first().then(
      () => true,
      (error: unknown) => {
        failure = error;
        return false;
      },
    );
  await until(isMade, 10_000, () => `the first request is made: ${failure}`);
  await origin.idle();
  return it;
}

/** The error a request is rejected with; fails if it is not. */
export async function failureOf(request: Promise<unknown>): Promise<AxiosError> {
  const outcome = await request.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  if (outcome === undefined) throw new Error('The request was expected to fail, and did not');
  return outcome.error as AxiosError;
}

/** The policy's own code of an error: on it, or on what caused it. */
export function policyCodeOf(error: unknown): string | undefined {
  for (let link = error; typeof link === 'object' && link !== null; link = (link as Error).cause) {
    const { policyCode } = link as { policyCode?: string };
    if (policyCode !== undefined) return policyCode;
  }
  return undefined;
}
