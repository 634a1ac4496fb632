import type { AxiosInstance, AxiosStatic, CreateAxiosDefaults } from 'axios';
import { attachPolicy, type ClientConfig, type Policy, type RetryConfig } from '../../lib/index.js';
import { ca } from '../helpers/certs.js';
import { atEnd } from '../helpers/cleanup.js';
import { type Answer, type Origin, reply, startOrigin } from '../helpers/origin.js';

/** Delays that cost a test no time, and are told apart from none. */
export const QUICK = { initBackoff: 1, maxBackoff: 2 } as const;

/** A backoff to be interrupted in: longer than any test. */
export const ENDLESS = { initBackoff: '1min', maxBackoff: '1min' } as const;

export interface StartOptions {
  axios: AxiosStatic;
  client?: ClientConfig;
  /** On top of the `QUICK` backoff. */
  retry?: RetryConfig | false;
  defaults?: CreateAxiosDefaults;
  /** What is done to the instance before the policy is attached. */
  before?: (instance: AxiosInstance) => void;
  /** Whether the origin is an https one. @defaultValue true */
  tls?: boolean;
}

/** An origin, an instance that asks it, and the policy attached to that. */
export interface Started {
  origin: Origin;
  http: AxiosInstance;
  policy: Policy;
}

/** Starts an origin and attaches a policy to a new instance for it; both end with the test. */
export async function start({
  axios,
  client,
  retry,
  defaults,
  before,
  tls = true,
}: StartOptions): Promise<Started> {
  const origin = await startOrigin({ tls });
  const http = axios.create({ baseURL: origin.url, ...defaults });
  before?.(http);
  const policy = attachPolicy(http, {
    client: { tls: { ca }, allowHttp: !tls, ...client },
    retry: retry === false ? false : { backoff: QUICK, ...retry },
  });
  atEnd(() => policy.close({ abort: true }));
  return { origin, http, policy };
}

/** Plays `answer` to the first request of each path, and answers 200 to those that follow. */
export function firstOf(answer: Answer): Answer & { seen: Map<string, number> } {
  const seen = new Map<string, number>();
  return {
    seen,
    play: (exchange) => {
      const { url } = exchange.recorded;
      const times = (seen.get(url) ?? 0) + 1;
      seen.set(url, times);
      (times === 1 ? answer : reply({ body: 'at last' })).play(exchange);
    },
  };
}

/** `count` times the same answer. */
export const times = (count: number, answer: Answer): Answer[] => Array.from({ length: count }, () => answer);

/** A 503 with nothing to say. */
export const unavailable = (): Answer => reply({ status: 503, body: 'not now' });
