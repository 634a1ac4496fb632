// @ts-check
import servers from '../../../__tests__/helpers/servers.cjs';
import { refusedPost, silence, within } from '../exchanges.mjs';
import { meet } from '../sides.mjs';
import { attempts, count, requests } from './telling.mjs';

/**
 * @typedef {import('./telling.mjs').Scene} Scene
 * @typedef {import('./telling.mjs').Side} Side
 */

const { Origin, selfSigned } = servers;

/** @type {Scene} */
export const refused = async (side) => attempts(await meet(side(), [200], refusedPost));

/**
 * @param {import('axios').AxiosRequestConfig} [config]
 * @returns {Scene}
 */
export const timedOut = (config) => async (side) => attempts(await meet(side(), silence, within(50, config)));

/** @type {Scene} */
export async function untrusted(side) {
  const server = await new Origin({ tls: selfSigned }).start();
  try {
    await meet(side(), [200], (http) => http.get(server.url));
  } finally {
    await server.close();
  }
  return count(server.connections, 'handshake');
}

/** @type {Scene} */
export async function outage(side) {
  const result = await meet(side({ budget: { initialTokens: 20 } }), [503], (http) =>
    Promise.allSettled(Array.from({ length: 40 }, () => http.get('/r'))),
  );
  return requests(result);
}

/** @type {Scene} */
export async function throwingHook(side) {
  const throwing = side({
    onRetry: () => {
      throw new Error('the hook');
    },
  });
  /** @type {unknown[]} */
  const warnings = [];
  const listener = (/** @type {Error} */ { name }) => warnings.push(name);
  process.on('warning', listener);
  const { error } = await meet(throwing, [503]);
  process.off('warning', listener);
  if (!error.response) return "rejects with the hook's error";
  const isWarned = warnings.includes('AxiosPolicyWarning');
  return `rejects with the ${error.response.status}${isWarned ? ', and warns' : ''}`;
}

/** @type {Scene} */
export async function attachedTwice(side) {
  const attach = side();
  /** @type {{ name: string } | undefined} */
  let thrown;
  /** @type {import('../sides.mjs').Attach} */
  const twice = (http) => {
    const first = attach(http);
    try {
      attach(http);
    } catch (error) {
      thrown = /** @type {Error} */ (error);
    }
    return first;
  };
  const result = await meet(twice, [503]);
  return thrown ? `throws \`${thrown.name}\`` : requests(result);
}
