// @ts-check
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { startOrigin } from '../support/origin.mjs';
import { runBlock } from '../support/run-block.mjs';

/**
 * @typedef {object} Span
 * @property {string} scope
 * @property {number} kind
 * @property {string} name
 * @property {string} id
 * @property {string} trace
 * @property {string} [parent]
 * @property {number} [status]
 * @property {number} [resends]
 */

const TRACING = new URL('tracing.mjs', import.meta.url).href;
const CLIENT = 2;

/** Two requests, the first of three attempts and the second of two, in one span. */
const BODY = `
  const { trace } = api;
  if (process.env.TRACED_BY.includes('policy')) telemetry.instrumentPolicy();
  const http = axios.create({ baseURL: process.env.ORIGIN });
  const policy = library.attachPolicy(http, {
    client: { allowHttp: true },
    retry: { backoff: { initBackoff: 1, maxBackoff: 5 } },
  });
  async function work() {
    await trace.getTracer('test').startActiveSpan('work', async (span) => {
      await http.get('/first');
      await http.post('/second', { a: 1 });
      span.end();
    });
    await policy.close();
    console.log(JSON.stringify(globalThis.finishedSpans()));
  }
  work();
`;

const PROGRAMS = {
  module: `
    import * as api from '@opentelemetry/api';
    import axios from 'axios';
    import * as library from 'axios-policy';
    import * as telemetry from 'axios-policy/opentelemetry';
    ${BODY}`,
  commonjs: `
    const api = require('@opentelemetry/api');
    const axios = require('axios');
    const library = require('axios-policy');
    const telemetry = require('axios-policy/opentelemetry');
    ${BODY}`,
};

/**
 * Runs the program in a process of its own, so that node:http is instrumented before anybody has loaded it.
 *
 * @param {'module' | 'commonjs'} format
 * @param {string} tracedBy
 */
async function trace(format, tracedBy) {
  const origin = await startOrigin([503, 503, 200, 503, 200]);
  try {
    const env = { ORIGIN: origin.url, TRACED_BY: tracedBy };
    const output = await runBlock(PROGRAMS[format], { format, imports: [TRACING], env });
    /** @type {Span[]} */
    const spans = JSON.parse(output);
    const work = spans.find(({ name }) => name === 'work');
    const clients = spans.filter(({ kind }) => kind === CLIENT);
    const sent = origin.requests.map(({ headers }) => String(headers.traceparent).split('-'));
    return { origin, work, clients, sent: sent.map(([, traceId, id]) => ({ trace: traceId, id })) };
  } finally {
    await origin.close();
  }
}

for (const format of /** @type {const} */ (['module', 'commonjs'])) {
  for (const tracedBy of /** @type {const} */ (['http', 'policy'])) {
    describe(`OpenTelemetry with spans of ${tracedBy}, ${format}`, () => {
      /** @type {Awaited<ReturnType<typeof trace>>} */
      let traced;
      before(async () => {
        traced = await trace(format, tracedBy);
      });

      test('has a client span for every attempt, in the span of the caller', () => {
        const { work, clients } = traced;
        assert.deepEqual(
          clients.map(({ status }) => status),
          [503, 503, 200, 503, 200],
        );
        assert.equal(new Set(clients.map(({ id }) => id)).size, 5);
        for (const client of clients) {
          assert.equal(client.trace, work?.trace);
          assert.equal(client.parent, work?.id);
        }
      });

      test('sends the context of that span with the attempt', () => {
        const { clients, sent } = traced;
        assert.deepEqual(
          sent,
          clients.map(({ trace, id }) => ({ trace, id })),
        );
      });

      test('tells resends if the policy makes the spans', () => {
        const resends = tracedBy === 'policy' ? [undefined, 1, 2, undefined, 1] : Array(5).fill(undefined);
        assert.deepEqual(
          traced.clients.map((span) => span.resends),
          resends,
        );
      });
    });
  }

  test(`two that trace make two spans of every attempt, and that of http is sent, ${format}`, async () => {
    const { clients, sent } = await trace(format, 'http policy');
    assert.equal(clients.length, 10);
    const inner = clients.filter(({ scope }) => scope === '@opentelemetry/instrumentation-http');
    assert.deepEqual(
      sent.map(({ id }) => id),
      inner.map(({ id }) => id),
    );
  });
}
