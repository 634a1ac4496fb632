/** A client, a process of its own: requests that fail with 503 and wait for their retry. Says what they weigh. */
import axios, { type AxiosInstance } from 'axios';
import { POSTED } from './payloads.js';
import type { SleeperResult, SleeperTask } from './sleepers.js';
import { loadProduct } from './subjects/policy.js';
import { attachAxiosRetry, attachRetryAxios } from './subjects/retrying-axios.js';

const HOUR_MS = 3_600_000;
/** Requests on their way at once; the others sleep. */
const UNDER_WAY = 50;

const [, , taskText = ''] = process.argv;
const task = JSON.parse(taskText) as SleeperTask;

let asleep = 0;
let failed = 0;
const setTimer = globalThis.setTimeout;
// Whoever sleeps for about an hour sleeps by this.
globalThis.setTimeout = Object.assign((callback: () => void, delayMs?: number, ...args: []) => {
  if (delayMs !== undefined && delayMs > HOUR_MS / 2) asleep += 1;
  return setTimer(callback, delayMs, ...args);
}, setTimer);

function attachPolicy(instance: AxiosInstance): void {
  const backoff = { initBackoff: HOUR_MS, maxBackoff: HOUR_MS };
  // Keeps its books as by default, but never refuses.
  const budget = { minTokens: 1e9, maxTokens: 1e9, initialTokens: 1e9 };
  loadProduct(task.build).attachPolicy(instance, {
    client: { allowHttp: true },
    retry: { retryTimeout: 10 * HOUR_MS, backoff, budget },
  });
}

const ATTACH: Readonly<Record<string, (instance: AxiosInstance) => void | Promise<void>>> = {
  'axios-retry': (instance) =>
    attachAxiosRetry(instance, { retries: 9, retryDelay: () => HOUR_MS, retryCondition: () => true }),
  'retry-axios': (instance) =>
    attachRetryAxios(instance, {
      retry: 9,
      backoffType: 'static',
      retryDelay: HOUR_MS,
      httpMethodsToRetry: ['GET', 'POST'],
    }),
  'axios-policy': attachPolicy,
};

async function sender(): Promise<() => Promise<unknown>> {
  const { subject, url, method } = task;
  const attach = ATTACH[subject];
  if (attach === undefined) return () => new Promise((resolve) => setTimeout(resolve, HOUR_MS));
  const instance = axios.create();
  await attach(instance);
  return method === 'POST' ? () => instance.post(url, POSTED) : () => instance.get(url);
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function fallAsleep(send: () => Promise<unknown>, count: number): Promise<void> {
  let started = 0;
  const before = asleep + failed;
  while (asleep + failed - before < count) {
    if (started < count && started - (asleep + failed - before) < UNDER_WAY) {
      started += 1;
      send().catch(() => {
        failed += 1;
      });
    } else await nextTurn();
  }
}

async function heapUsed(): Promise<number> {
  for (let pass = 0; pass < 3; pass += 1) {
    await nextTurn();
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}

async function main(): Promise<void> {
  process.on('disconnect', () => process.exit());
  const send = await sender();
  // Connections and code are there before the scales are set to zero.
  await fallAsleep(send, 2 * UNDER_WAY);
  const before = await heapUsed();
  await fallAsleep(send, task.count);
  const result: SleeperResult = { bytesPerRequest: ((await heapUsed()) - before) / task.count, failed };
  process.send?.(result, () => process.exit());
}

void main();
