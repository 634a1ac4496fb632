/**
 * The delays and durations object_store's tests ask for (`backoff.rs`, `config.rs`), as a policy takes them.
 *
 * @see https://github.com/apache/arrow-rs-object-store/blob/main/src/client/backoff.rs
 */
import { getPolicyMetadata } from '../../lib/index.js';
import { attached, failureOf } from '../helpers/attached.js';
import { reply, startOrigin } from '../helpers/origin.js';
import { BACKOFF_VECTORS, type BackoffVector } from '../helpers/vectors.js';
import { delay } from '../helpers/wait.js';

const DRAWS = [
  { title: 'the smallest draw: initBackoff, twenty times', draw: 0 },
  { title: 'the largest draw: threefold each time, up to maxBackoff', draw: 1 - 2 ** -52 },
  { title: 'the draw in the middle: halfway between initBackoff and threefold, up to maxBackoff', draw: 0.5 },
];

/** The vector of `draw`, of the test in object_store: from 1 s to 500 s, threefold. */
function vectorOf(draw: number): BackoffVector {
  const vector = BACKOFF_VECTORS.find(
    ({ init, random }) => init === 1 && (typeof random === 'number' ? random : 1 - 2 ** -52) === draw,
  );
  if (vector === undefined) throw new Error(`No vector for ${draw}`);
  return vector;
}

describe('The delays of twenty retries', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance', 'Date'] });
  });
  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  it.each(DRAWS)('$title', async ({ draw }) => {
    const { init, max, base, delays } = vectorOf(draw);
    jest.spyOn(Math, 'random').mockReturnValue(draw);
    const origin = (await startOrigin()).always(reply({ status: 503 }));
    const { http } = attached({
      // The clock is moved regardless of what is under way: a deadline would end it.
      client: { timeout: false, connectTimeout: false, poolIdleTimeout: false },
      retry: {
        maxRetries: delays.length,
        retryTimeout: '1day',
        budget: false,
        backoff: { initBackoff: { seconds: init }, maxBackoff: { seconds: max }, base },
      },
    });
    let ended = false;
    const request = failureOf(http.get(origin.url)).finally(() => {
      ended = true;
    });
    while (!ended) {
      await delay(1);
      jest.advanceTimersByTime(max * 1000);
    }
    const { delaysMs = [] } = getPolicyMetadata(await request) ?? {};
    expect(delaysMs).toHaveLength(20);
    delaysMs.forEach((ms, index) => {
      expect(Math.abs(ms / 1000 - (delays[index] ?? Number.NaN))).toBeLessThanOrEqual(1e-4);
    });
    expect(origin.requests).toHaveLength(21);
  });
});

describe('A duration', () => {
  it.each(['60 seconds', '60 s', '60s'])('"%s" is a minute', (timeout) => {
    const { policy } = attached({ client: { timeout } });
    expect(policy.config.client.timeout).toBe(60_000);
  });
});
