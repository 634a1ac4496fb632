// @ts-check
import assert from 'node:assert/strict';
import { always, withHttp } from '../behaviour.mjs';
import { dripping, rejectionOf, textOf } from '../world.mjs';

/** @type {import('../../support/origin.mjs').Answer} */
const silent = () => {};

export const timeouts = [
  always('The timeout covers a body that drips.', async (world) => {
    const origin = await world.serve(dripping);
    const { http } = world.attach({ client: { timeout: 300 }, retry: { maxRetries: 0 } });
    const error = await rejectionOf(http.get(origin.url));
    assert.ok(error instanceof world.axios.AxiosError);
    assert.equal(error.code, 'ECONNABORTED');
    assert.equal(error.message, 'timeout of 300ms exceeded');
    assert.equal(error.config?.timeout, 0);
  }),

  always('The timeout covers a body that drips into a stream.', async (world) => {
    const origin = await world.serve(dripping);
    const { http } = world.attach({ client: { timeout: 300 }, retry: { maxRetries: 0 } });
    const error = await rejectionOf(
      http.get(origin.url, { responseType: 'stream' }).then(({ data }) => textOf(data)),
    );
    assert.equal(error.code, 'ECONNABORTED');
    assert.equal(error.message, 'timeout of 300ms exceeded');
  }),

  always("axios' own timeout wins, with its own words.", async (world) => {
    const origin = await world.serve(silent);
    const { http } = world.attach(
      { client: { timeout: '1min' }, retry: { maxRetries: 0 } },
      { timeout: 100 },
    );
    const first = await rejectionOf(http.get(origin.url));
    assert.deepEqual([first.code, first.message], ['ECONNABORTED', 'timeout of 100ms exceeded']);
    const second = await rejectionOf(
      http.get(origin.url, {
        timeout: 50,
        timeoutErrorMessage: 'too slow',
        transitional: { clarifyTimeoutError: true },
      }),
    );
    assert.deepEqual([second.code, second.message, second.config.timeout], ['ETIMEDOUT', 'too slow', 50]);
  }),

  always('A request may have a timeout of its own.', async (world) => {
    const origin = await world.serve(silent);
    const { http } = world.attach({ retry: { maxRetries: 0 } });
    const error = await rejectionOf(http.get(origin.url, { policy: { timeout: '50ms' } }));
    assert.equal(error.message, 'timeout of 50ms exceeded');
  }),

  always('A GET that timed out is sent again, a POST is not.', async (world) => {
    const origin = await world.serve((req, res, n) =>
      n === 1 || req.method === 'POST' ? undefined : res.end(),
    );
    const { http } = world.attach({ client: { timeout: 500 } });
    const response = await http.get(origin.url);
    const metadata = world.library.getPolicyMetadata(response);
    assert.deepEqual(metadata?.outcomes[0], { kind: 'timeout', code: 'ECONNABORTED' });
    const before = origin.requests.length;
    const error = await rejectionOf(http.post(origin.url, 'x'));
    assert.equal(world.library.getPolicyMetadata(error)?.giveUp, 'not-idempotent');
    assert.equal(origin.requests.length - before, 1);
  }),

  withHttp('readTimeout ends a silence.', async (world) => {
    const origin = await world.serve((_req, res) => {
      res.write('and then');
    });
    const { http } = world.attach({ client: { readTimeout: 200 }, retry: { maxRetries: 0 } });
    const error = await rejectionOf(http.get(origin.url));
    assert.equal(error.code, 'ECONNABORTED');
    assert.equal(error.message, 'readTimeout of 200ms exceeded');
  }),
];
