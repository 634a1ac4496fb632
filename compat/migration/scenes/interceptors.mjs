// @ts-check
import { randomUUID } from 'node:crypto';
import { meet } from '../sides.mjs';
import { count, requests, runs } from './telling.mjs';

/** @typedef {import('./telling.mjs').Scene} Scene */

/** @type {Scene} */
export async function requestInterceptor(side) {
  let calls = 0;
  await meet(side(), [503, 503, 200], (http) => {
    http.interceptors.request.use((config) => {
      calls += 1;
      return config;
    });
    return http.get('/r');
  });
  return runs(calls);
}

/** @type {Scene} */
export async function mintedKey(side) {
  const { requests: list } = await meet(side(), [503, 503, 200], (http) => {
    http.interceptors.request.use((config) => {
      config.headers.set('Idempotency-Key', randomUUID());
      return config;
    });
    return http.put('/r', 'x');
  });
  const keys = new Set(list.map(({ headers }) => headers['idempotency-key']));
  return `${count(keys.size, 'key')} in ${count(list.length, 'request')}`;
}

/** @type {Scene} */
export async function prefix(side) {
  const { requests: list } = await meet(side(), [503, 503, 200], (http) => {
    http.interceptors.request.use((config) => ({ ...config, url: `/v1${config.url}` }));
    return http.get('/r');
  });
  return list.map(({ url }) => `\`${url}\``).join(' ');
}

/** @type {Scene} */
export async function laterUnwrap(side) {
  const { value } = await meet(side(), [503, 200], (http) => {
    http.interceptors.response.use((response) => response.data);
    return http.get('/r');
  });
  return `the caller gets \`${value}\``;
}

/** @type {Scene} */
export async function laterRejected(side) {
  let calls = 0;
  await meet(side(), [503], (http) => {
    http.interceptors.response.use(null, (error) => {
      calls += 1;
      throw error;
    });
    return http.get('/r');
  });
  return runs(calls);
}

/** @type {Scene} */
export async function earlier(side) {
  let calls = 0;
  const attach = side();
  /** @type {import('../sides.mjs').Attach} */
  const behind = (http) => {
    http.interceptors.response.use(
      (response) => {
        calls += 1;
        return response;
      },
      (error) => {
        calls += 1;
        throw error;
      },
    );
    return attach(http);
  };
  await meet(behind, [503, 503, 200]);
  return runs(calls);
}

/** @type {Scene} */
export async function wrapped(side) {
  const attach = side();
  /** @type {import('../sides.mjs').Attach} */
  const behind = (http) => {
    http.interceptors.response.use(null, (cause) => Promise.reject(new Error('api', { cause })));
    return attach(http);
  };
  return requests(await meet(behind, [503]));
}
