// @ts-check
/** What stands in the cells of a table, as code that is run. */
import assert from 'node:assert/strict';
import { getPolicyMetadata } from 'axios-policy';
import { get } from './exchanges.mjs';
import { codeOf } from './rows.mjs';
import { meet, policySide, policyWith } from './sides.mjs';

/**
 * @typedef {import('./rows.mjs').Row} Row
 * @typedef {import('./sides.mjs').Attach} Attach
 * @typedef {import('./sides.mjs').Answers} Answers
 * @typedef {import('./sides.mjs').Request} Request
 * @typedef {import('./sides.mjs').Result} Result
 * @typedef {import('./sides.mjs').Side} Side
 * @typedef {Readonly<Record<string, unknown>>} Scope
 */

/**
 * @param {string} expression
 * @param {Scope} scope
 */
export function evaluate(expression, scope) {
  return new Function(...Object.keys(scope), `return (${expression});`)(...Object.values(scope));
}

/**
 * The code of the peer and of the policy in a row.
 *
 * @param {Row} row
 * @returns {{ theirs: string, ours: string }}
 */
export function codesOf({ id, cells }) {
  const [theirs, ours] = cells.map(codeOf);
  assert.ok(theirs !== undefined && ours !== undefined, `no code in the row of ${id}`);
  return { theirs, ours };
}

/**
 * The options of a row, each side's as it attaches them.
 *
 * @param {Row} row
 * @param {(options: any) => Attach} peerWith
 * @param {Scope} scope
 */
export function optionsOf(row, peerWith, scope) {
  const { theirs, ours } = codesOf(row);
  const sides = [peerWith(evaluate(`{ ${theirs} }`, scope)), policyWith(evaluate(`{ ${ours} }`, scope))];
  return {
    /**
     * @param {Answers} answers
     * @param {Request} [request]
     */
    results: async (answers, request = get) => {
      /** @type {Result[]} */
      const results = [];
      for (const side of sides) results.push(await meet(side, answers, request));
      return results;
    },
    /**
     * @param {Answers} answers
     * @param {Request} [request]
     */
    async requests(answers, request) {
      return (await this.results(answers, request)).map(({ requests }) => requests.length);
    },
    /**
     * @param {Answers} answers
     * @param {Request} [request]
     */
    async attempts(answers, request) {
      return (await this.results(answers, request)).map(({ attempts }) => attempts);
    },
  };
}

/**
 * A test of a row that tells what either side did: both cells have to say so, to the letter.
 *
 * @param {(side: Side) => Promise<string>} scene
 * @param {Side} peerSide
 */
export const tells =
  (scene, peerSide) =>
  async (/** @type {Row} */ { cells }) => {
    assert.deepEqual([await scene(peerSide), await scene(policySide)], cells.slice(1));
  };

/**
 * The delays that timers are set to while something runs; none of them is waited for.
 *
 * @param {() => Promise<unknown>} action
 */
export async function delaysOf(action) {
  const { setTimeout } = globalThis;
  /** @type {number[]} */
  const delays = [];
  globalThis.setTimeout = /** @type {typeof setTimeout} */ (
    (/** @type {() => void} */ callback, /** @type {number} */ ms) => {
      // axios makes timers of 0 ms of its own.
      if (ms > 0) delays.push(ms);
      return setTimeout(callback, 1);
    }
  );
  try {
    await action();
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  return delays;
}

/**
 * What the hooks of either side gave to `log`.
 *
 * @param {Row} row
 * @param {(options: any) => Attach} peerWith
 * @param {Answers} answers
 * @param {{ request?: Request, scope?: Scope }} [parts]
 */
export async function logsOf(row, peerWith, answers, { request = get, scope } = {}) {
  /** @type {unknown[][][]} */
  const logs = [];
  const { theirs, ours } = codesOf(row);
  for (const [code, attachWith] of /** @type {const} */ ([
    [theirs, peerWith],
    [ours, policyWith],
  ])) {
    /** @type {unknown[][]} */
    const calls = [];
    const log = (/** @type {unknown[]} */ ...args) => void calls.push(args);
    await meet(attachWith(evaluate(`{ ${code} }`, { ...scope, log })), answers, request);
    logs.push(calls);
  }
  return logs;
}

/**
 * How many requests the code of either side makes to a server that always answers 503.
 *
 * @param {Row} row
 * @param {() => Attach} peerWith
 */
export async function requestsOfCode(row, peerWith) {
  const { theirs, ours } = codesOf(row);
  const peer = await meet(peerWith(), [503], (http) => evaluate(theirs, { http }));
  const policy = await meet(policyWith(), [503], (http) => evaluate(ours, { http }));
  return [peer.requests.length, policy.requests.length];
}

/**
 * What the code of either side gives for the `error` of its own request.
 *
 * @param {Row} row
 * @param {() => Attach} peerWith
 * @param {{ answers: Answers, request?: Request, scope: Scope }} parts
 */
export async function valuesOnErrors(row, peerWith, { answers, request, scope }) {
  const { theirs, ours } = codesOf(row);
  const peer = await meet(peerWith(), answers, request);
  const policy = await meet(policyWith(), answers, request);
  return [
    evaluate(theirs, { error: peer.error, ...scope }),
    evaluate(ours, { error: policy.error, getPolicyMetadata }),
  ];
}
