import MockAdapter from 'axios-mock-adapter';
import nock from 'nock';
import { getPolicyMetadata, type RequestMetadata, type RetryConfig } from '../../lib/index.js';
import { attached, failureOf } from '../helpers/attached.js';

const url = 'https://mocked.test/';
const ONLY_SET_TIMEOUT = {
  doNotFake: ['performance', 'Date', 'hrtime', 'nextTick', 'queueMicrotask', 'setImmediate', 'setInterval'],
} as const;

const FAKED = [
  { what: 'everything', options: {} },
  { what: 'nothing but setTimeout', options: { doNotFake: [...ONLY_SET_TIMEOUT.doNotFake] } },
];

afterEach(() => {
  jest.useRealTimers();
  nock.cleanAll();
});
afterAll(() => nock.restore());

function mocked(retry: RetryConfig = {}) {
  const it = attached({ retry });
  return { ...it, mock: new MockAdapter(it.http as never) };
}

describe('When a test replaces setTimeout', () => {
  afterEach(() => jest.restoreAllMocks());

  it('by one that is quick, and knows nothing but the callback, there are retries still', async () => {
    const { setTimeout: real } = globalThis;
    jest.spyOn(globalThis, 'setTimeout').mockImplementation((callback) => real(() => callback(), 0));
    const { http, mock } = mocked();
    mock.onGet(url).replyOnce(503).onGet(url).reply(200);
    expect((await http.get(url, { timeout: 0, policy: { timeout: false } })).status).toBe(200);
  });
});

describe.each(FAKED)('When Jest fakes $what', ({ options }) => {
  beforeEach(() => jest.useFakeTimers(options));

  it('a delay takes as long as the clock says', async () => {
    const { http, mock } = mocked();
    mock.onGet(url).replyOnce(503).onGet(url).reply(200);
    const response = http.get(url);
    await jest.advanceTimersByTimeAsync(90);
    expect(mock.history.get).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(10);
    expect(mock.history.get).toHaveLength(2);
    expect((await response).status).toBe(200);
  });

  it('an attempt times out when the clock says so', async () => {
    const { http, mock } = mocked({ maxRetries: 0 });
    mock.onGet(url).reply(() => new Promise(() => {}));
    const failure = failureOf(http.get(url, { policy: { timeout: '5s' } }));
    await jest.advanceTimersByTimeAsync(5001);
    expect(await failure).toMatchObject({ code: 'ECONNABORTED', message: 'timeout of 5000ms exceeded' });
  });

  it('no timer is left when the request has ended', async () => {
    const { http, mock } = mocked();
    mock.onGet(url).replyOnce(503).onGet(url).reply(200);
    const response = http.get(url);
    await jest.advanceTimersByTimeAsync(100);
    await response;
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('The time a request took', () => {
  async function giveUpAfterAnHour(): Promise<RequestMetadata | undefined> {
    // A single delay must not outlive retryTimeout, whatever is drawn.
    const backoff = { maxBackoff: '1s' };
    const { http, mock } = mocked({ retryTimeout: '10s', maxRetries: 100, backoff });
    mock.onGet(url).reply(503);
    const failure = failureOf(http.get(url));
    await jest.advanceTimersByTimeAsync(3_600_000);
    return getPolicyMetadata(await failure);
  }

  it('is that of the clock if performance is faked, so that retryTimeout is reached', async () => {
    jest.useFakeTimers();
    const metadata = await giveUpAfterAnHour();
    expect(metadata?.giveUp).toBe('retry-timeout');
    expect(metadata?.startedAt.getTime()).toBeLessThanOrEqual(Date.now() - 3_590_000);
  });

  it('is the real one if it is not', async () => {
    jest.useFakeTimers({ doNotFake: [...ONLY_SET_TIMEOUT.doNotFake] });
    expect((await giveUpAfterAnHour())?.giveUp).toBe('max-retries');
  });
});

describe('With nock', () => {
  it('the clock jumps over the timeout of an attempt that is still under way', async () => {
    jest.useFakeTimers(FAKED[1]?.options);
    nock(url).get('/').reply(200);
    const { http } = attached({ retry: { maxRetries: 0 } });
    const failure = failureOf(http.get(url));
    await jest.advanceTimersByTimeAsync(30_000);
    expect(await failure).toMatchObject({ code: 'ECONNABORTED' });
  });
});
