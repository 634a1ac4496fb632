// @ts-check
/** What happened, in the words of the documents. */
import { get } from '../exchanges.mjs';
import { meet, wait } from '../sides.mjs';

/**
 * @typedef {import('../sides.mjs').Side} Side
 * @typedef {import('../sides.mjs').Attach} Attach
 * @typedef {import('../sides.mjs').Answer} Answer
 * @typedef {import('../sides.mjs').Answers} Answers
 * @typedef {import('../sides.mjs').Request} Request
 * @typedef {import('../sides.mjs').Result} Result
 * @typedef {(side: Side) => Promise<string>} Scene
 */

/**
 * @param {number} n
 * @param {string} noun
 */
export const count = (n, noun) => `${n} ${noun}${n === 1 ? '' : 's'}`;

/** @param {number} n */
export const runs = (n) => (n === 1 ? 'runs once' : `runs ${n} times`);

/** @param {Result} result */
export const requests = ({ requests: list }) => count(list.length, 'request');

/** @param {Result} result */
export const attempts = ({ attempts: n }) => count(n, 'attempt');

/**
 * @param {Answers} answers
 * @param {Request} [request]
 * @returns {Scene}
 */
export const countRequests =
  (answers, request = get) =>
  async (side) =>
    requests(await meet(side(), answers, request));

/**
 * A request that may never end. After a time in which any other request would have ended, it is aborted.
 *
 * @param {(http: import('../sides.mjs').Http, signal: AbortSignal) => Promise<unknown>} request
 * @returns {Request} Resolves with whether it hung.
 */
export function mayHang(request) {
  return async (http) => {
    const controller = new AbortController();
    const ended = request(http, controller.signal).then(
      () => false,
      () => false,
    );
    const hung = await Promise.race([ended, wait(1000).then(() => true)]);
    controller.abort();
    await ended;
    return hung;
  };
}
