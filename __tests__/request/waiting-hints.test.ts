import { getPolicyMetadata } from '../../lib/index.js';
import { failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { type Answer, reply } from '../helpers/origin.js';
import { start } from './setup.js';

const MINUTE_MS = 60_000;
const hinted = (headers: Record<string, string>, status = 429) => reply({ status, headers });
const EVEN = { initBackoff: 150, maxBackoff: 150 };
const dateIn = (ms: number) => new Date(Date.now() + ms).toUTCString();

/** Answers requests by their path; each path has its answers one after the other, the last one for ever. */
function byPath(answers: Record<string, Answer[]>): Answer {
  return {
    play: (exchange) => {
      const left = answers[exchange.recorded.url] ?? [];
      const answer = (left.length > 1 ? left.shift() : left[0]) ?? reply();
      return answer.play(exchange);
    },
  };
}

/** For `retry.onRetry`: resolves when a retry is decided, and its sleep is about to begin. */
function noticed() {
  let onRetry: () => void = () => undefined;
  const decided = new Promise<void>((resolve) => {
    onRetry = resolve;
  });
  return { onRetry: () => onRetry(), decided };
}

describe.each(AXIOS_COPIES)('a wait until a date, with $name', ({ axios }) => {
  it.each([
    ['ahead', 10 * MINUTE_MS],
    ['behind', -10 * MINUTE_MS],
  ])('is measured by the clock of the server, which is ten minutes %s', async (_how, skewMs) => {
    const { origin, http } = await start({ axios });
    const headers = { Date: dateIn(skewMs), 'Retry-After': dateIn(skewMs + 1000) };
    origin.enqueue(hinted(headers, 503), reply({ body: 'at last' }));
    const response = await http.get('/');
    expect(response.data).toBe('at last');
    const [delayMs = 0] = getPolicyMetadata(response)?.delaysMs ?? [];
    expect(delayMs).toBeGreaterThanOrEqual(1000);
    expect(delayMs).toBeLessThan(1500);
  });
});

describe.each(AXIOS_COPIES)('a 403, with $name', ({ axios }) => {
  const exhausted = { 'x-ratelimit-remaining': '0', 'retry-after-ms': '20' };

  it('is not retried, with a hint or without', async () => {
    const { origin, http } = await start({ axios });
    origin.always(hinted(exhausted, 403));
    expect(getPolicyMetadata(await failureOf(http.get('/')))?.giveUp).toBe('not-retryable');
  });

  it.each([
    ['statuses', { statuses: [403, 429] }],
    [
      'shouldRetry',
      { shouldRetry: ({ status }: { status?: number | undefined }) => status === 403 || undefined },
    ],
  ])('that %s has retried waits for as long as it asks', async (_how, retry) => {
    const { origin, http } = await start({ axios, retry });
    origin.enqueue(hinted(exhausted, 403), reply());
    expect(getPolicyMetadata(await http.get('/'))?.delaysMs[0]).toBeGreaterThanOrEqual(20);
  });
});

describe.each(AXIOS_COPIES)('an origin that has asked for patience, with $name', ({ axios }) => {
  const asks = hinted({ 'retry-after-ms': '450' });
  const drops = reply({ status: 500 });

  it('has the other retries wait as well, and spreads them', async () => {
    const { onRetry, decided } = noticed();
    const { origin, http } = await start({ axios, retry: { onRetry } });
    origin.always(byPath({ '/asks': [asks, reply()], '/fails': [drops, reply()] }));
    const asking = http.get('/asks');
    await decided;
    const [one, two] = await Promise.all([http.get('/fails'), asking]);
    const [waitedMs = 0] = getPolicyMetadata(one)?.delaysMs ?? [];
    expect(waitedMs).toBeGreaterThan(100);
    expect(waitedMs).not.toBe(getPolicyMetadata(two)?.delaysMs[0]);
  });

  it('has those wait on that are asleep already', async () => {
    const { onRetry, decided } = noticed();
    const { origin, http } = await start({
      axios,
      retry: { onRetry, backoff: EVEN },
    });
    origin.always(byPath({ '/asks': [asks, reply()], '/fails': [drops, reply()] }));
    const failing = http.get('/fails');
    await decided;
    await Promise.all([http.get('/asks'), failing]);
    const { attempts, delaysMs: [waitedMs = 0] = [], elapsedMs = 0 } = getPolicyMetadata(await failing) ?? {};
    expect(attempts).toBe(2);
    expect(waitedMs).toBeGreaterThan(400);
    expect(elapsedMs).toBeGreaterThan(400);
  });

  it('has those give up that have no time for it', async () => {
    const { origin, http } = await start({ axios, retry: { retryTimeout: '1min' } });
    origin.always(byPath({ '/asks': [hinted({ 'Retry-After': '120' })], '/fails': [drops] }));
    expect(getPolicyMetadata(await failureOf(http.get('/asks')))?.giveUp).toBe('retry-after');
    const error = await failureOf(http.get('/fails'));
    expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1, giveUp: 'retry-after' });
  });

  it('has those give up on waking that have no time for it', async () => {
    const { onRetry, decided } = noticed();
    const retry = { onRetry, backoff: EVEN, retryTimeout: '1min' };
    const { origin, http } = await start({ axios, retry });
    origin.always(byPath({ '/asks': [hinted({ 'Retry-After': '120' })], '/fails': [drops] }));
    const failing = failureOf(http.get('/fails'));
    await decided;
    await failureOf(http.get('/asks'));
    const error = await failing;
    expect(error.response?.status).toBe(500);
    expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1, giveUp: 'retry-after' });
    expect(origin.requests).toHaveLength(2);
  });

  it('holds nobody back from a first attempt, nor who does not care', async () => {
    const { origin, http } = await start({ axios, retry: { retryTimeout: '1min' } });
    origin.always(byPath({ '/asks': [hinted({ 'Retry-After': '120' })], '/fails': [drops, reply()] }));
    await failureOf(http.get('/asks'));
    expect(getPolicyMetadata(await http.get('/works'))?.elapsedMs).toBeLessThan(1000);
    const careless = await http.get('/fails', { policy: { retry: { retryAfter: false } } });
    expect(getPolicyMetadata(careless)).toMatchObject({ attempts: 2 });
  });

  it('is one origin, and none of the others', async () => {
    const one = await start({ axios, retry: { retryTimeout: '1min' } });
    const two = await start({ axios });
    one.origin.always(hinted({ 'Retry-After': '120' }));
    two.origin.enqueue(drops, reply());
    await failureOf(one.http.get('/'));
    expect((await one.http.get(two.origin.url)).status).toBe(200);
  });

  it('is not the owner of a page that is missing', async () => {
    const { origin, http } = await start({ axios, retry: { retryTimeout: '1min' } });
    origin.always(
      byPath({ '/missing': [hinted({ 'Retry-After': '120' }, 404)], '/fails': [drops, reply()] }),
    );
    await failureOf(http.get('/missing'));
    expect((await http.get('/fails')).status).toBe(200);
  });

  it('can be cancelled in the longer sleep as in any other', async () => {
    const { onRetry, decided } = noticed();
    const { origin, http } = await start({
      axios,
      retry: { onRetry, backoff: EVEN },
    });
    const asksLong = hinted({ 'Retry-After': '30' });
    origin.always(byPath({ '/asks': [asksLong, reply()], '/fails': [drops, reply()] }));
    const controllers = [new AbortController(), new AbortController()] as const;
    const failing = failureOf(http.get('/fails', { signal: controllers[0].signal }));
    await decided;
    const asking = failureOf(http.get('/asks', { signal: controllers[1].signal }));
    // Past the end of the first sleep.
    setTimeout(() => controllers.forEach((controller) => void controller.abort()), 250);
    expect(await Promise.all([failing, asking])).toMatchObject([
      { code: 'ERR_CANCELED' },
      { code: 'ERR_CANCELED' },
    ]);
    expect(origin.requests).toHaveLength(2);
  });
});
