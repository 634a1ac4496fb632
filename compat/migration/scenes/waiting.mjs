// @ts-check
import axios from 'axios';
import { meet, wait } from '../sides.mjs';
import { count } from './telling.mjs';

/** @typedef {import('./telling.mjs').Scene} Scene */

/**
 * @param {'signal' | 'cancelToken'} means
 * @returns {Scene}
 */
export const cancelled = (means) => async (side) => {
  const controller = new AbortController();
  const source = axios.CancelToken.source();
  const config = means === 'signal' ? { signal: controller.signal } : { cancelToken: source.token };
  /** @type {string[]} */
  const events = [];
  let calls = 0;
  const slow = side({
    delayMs: 400,
    onRetry: () => {
      calls += 1;
    },
  });
  await meet(slow, [503], async (http) => {
    const failure = http.get('/r', config).catch((error) => events.push(error.code));
    while (calls === 0) await wait(5);
    await wait(20);
    controller.abort();
    source.cancel();
    const later = wait(150).then(() => events.push('later'));
    await Promise.all([failure, later]);
  });
  const when = events[0] === 'later' ? 'rejects when the delay is over' : 'rejects at once';
  return `${when}, ${count(calls, 'hook call')}`;
};
