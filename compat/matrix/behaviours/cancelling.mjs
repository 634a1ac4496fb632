// @ts-check
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { always } from '../behaviour.mjs';
import { dripping, rejectionOf, textOf } from '../world.mjs';

/** @typedef {import('../world.mjs').World} World */

/**
 * @param {World} world
 * @param {unknown} error
 */
function assertCanceled({ axios, library }, error) {
  assert.ok(axios.isCancel(error), String(error));
  assert.ok(error instanceof axios.AxiosError);
  assert.deepEqual([error.name, error.code], ['CanceledError', 'ERR_CANCELED']);
  assert.equal(library.getPolicyMetadata(error)?.giveUp, 'cancelled');
}

/**
 * A policy that would sleep for a minute, and cancels instead.
 *
 * @param {World} world
 * @param {() => void} cancel
 */
const sleeper = (world, cancel) =>
  world.attach({
    retry: {
      backoff: { initBackoff: '1min', maxBackoff: '1min' },
      onRetry: () => void setTimeout(cancel, 20),
    },
  });

export const cancelling = [
  always('A signal ends the sleep before a retry.', async (world) => {
    const origin = await world.serve([503]);
    const controller = new AbortController();
    const { http } = sleeper(world, () => controller.abort());
    assertCanceled(world, await rejectionOf(http.get(origin.url, { signal: controller.signal })));
    assert.equal(origin.requests.length, 1);
  }),

  always('A signal ends an attempt under way.', async (world) => {
    let controller = new AbortController();
    const origin = await world.serve(() => controller.abort());
    const error = await rejectionOf(world.attach().http.get(origin.url, { signal: controller.signal }));
    assertCanceled(world, error);
    assert.equal(origin.requests.length, 1);
    controller = new AbortController();
    const ofBare = await rejectionOf(world.bare().get(origin.url, { signal: controller.signal }));
    assert.equal(error.constructor, ofBare.constructor);
  }),

  always('A signal ends a response stream under way.', async (world) => {
    const origin = await world.serve(dripping);
    const controller = new AbortController();
    const { http } = world.attach();
    const { data } = await http.get(origin.url, { responseType: 'stream', signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    const error = await rejectionOf(textOf(data));
    assert.deepEqual([error.name, error.code], ['CanceledError', 'ERR_CANCELED']);
  }),

  always('With a signal that is aborted nothing is sent.', async (world) => {
    const origin = await world.serve();
    const { http } = world.attach();
    const error = await rejectionOf(http.get(origin.url, { signal: AbortSignal.abort() }));
    assert.ok(world.axios.isCancel(error));
    assert.equal(origin.connections, 0);
  }),

  always('A CancelToken ends the sleep before a retry.', async (world) => {
    const origin = await world.serve([503]);
    const source = world.axios.CancelToken.source();
    const { http } = sleeper(world, () => source.cancel('enough'));
    const error = await rejectionOf(http.get(origin.url, { cancelToken: source.token }));
    assert.ok(world.axios.isCancel(error), String(error));
    assert.equal(error.message, 'enough');
    assert.equal(origin.requests.length, 1);
  }),

  always('A CancelToken ends an attempt under way.', async (world) => {
    const source = world.axios.CancelToken.source();
    const origin = await world.serve(() => source.cancel('enough'));
    const { http } = world.attach();
    const error = await rejectionOf(http.get(origin.url, { cancelToken: source.token }));
    assert.ok(world.axios.isCancel(error), String(error));
    assert.equal(origin.requests.length, 1);
  }),

  always('No listener stays on a signal.', async (world) => {
    const origin = await world.serve([503, 200]);
    const { signal } = new AbortController();
    const { http } = world.attach();
    await http.get(origin.url, { signal });
    assert.deepEqual(getEventListeners(signal, 'abort'), []);
  }),
];
