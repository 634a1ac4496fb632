import type { AxiosInstance } from 'axios';
import MockAdapter from 'axios-mock-adapter';
import { getPolicyMetadata, type Policy } from '../../lib/index.js';
import { attached, failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { startOrigin } from '../helpers/origin.js';

const retry = { maxRetries: 2, backoff: { initBackoff: 1, maxBackoff: 2 } };
const url = 'https://mocked.test/path';

interface Mocked {
  http: AxiosInstance;
  policy: Policy;
  mock: MockAdapter;
}

const ORDERS = ['mocked before the policy was attached', 'mocked after the policy was attached'] as const;
const MATRIX = AXIOS_COPIES.flatMap((copy) => ORDERS.map((order) => ({ ...copy, order })));

describe.each(MATRIX)('An instance of $name, $order,', ({ axios, order }) => {
  const create = (): Mocked => {
    if (order === ORDERS[1]) {
      const it = attached({ axios, retry });
      return { ...it, mock: new MockAdapter(it.http as never) };
    }
    let mock: MockAdapter | undefined;
    const it = attached({
      axios,
      retry,
      before: (http) => {
        mock = new MockAdapter(http as never);
      },
    });
    return { ...it, mock: mock as unknown as MockAdapter };
  };

  it('gets the answers of the mock', async () => {
    const { http, policy, mock } = create();
    mock.onPost(url, { a: 1 }).reply(201, { made: true }, { 'x-mock': 'yes' });
    const response = await http.post(url, { a: 1 });
    expect(response).toMatchObject({ status: 201, data: { made: true }, headers: { 'x-mock': 'yes' } });
    expect(response.config.adapter).toBe(http.defaults.adapter);
    expect(mock.history.post?.map(({ data }) => data)).toEqual(['{"a":1}']);
    expect(policy.stats()).toMatchObject({ attempts: 1, pools: [] });
  });

  it('retries against the mock, never the network', async () => {
    const { http, policy, mock } = create();
    mock.onGet(url).replyOnce(503).onGet(url).networkErrorOnce().onGet(url).reply(200, 'third');
    const response = await http.get(url);
    expect(response.data).toBe('third');
    expect(getPolicyMetadata(response)).toMatchObject({ attempts: 3 });
    expect(mock.history.get).toHaveLength(3);
    expect(policy.stats().pools).toEqual([]);
  });

  it('fails with what the mock failed with', async () => {
    const { http, mock } = create();
    mock.onGet(url).reply(404, { error: 'none' });
    const error = await failureOf(http.get(url));
    expect(error).toMatchObject({
      isAxiosError: true,
      message: 'Request failed with status code 404',
      response: { status: 404, data: { error: 'none' } },
    });
    expect(error.config?.adapter).toBe(http.defaults.adapter);
  });

  it('takes a timeout of the mock for a timeout', async () => {
    const { http, mock } = create();
    mock.onAny(url).timeout();
    const posted = await failureOf(http.post(url, 'x'));
    expect(posted).toMatchObject({ code: 'ECONNABORTED' });
    expect(getPolicyMetadata(posted)).toMatchObject({ attempts: 1, giveUp: 'not-idempotent' });
    expect(getPolicyMetadata(await failureOf(http.get(url)))).toMatchObject({ attempts: 3 });
  });

  it('is cancelled and not timed out if the caller gave it up before', async () => {
    const { http, mock } = create();
    mock.onGet(url).reply(() => new Promise(() => {}));
    const controller = new AbortController();
    const failure = failureOf(http.get(url, { signal: controller.signal, policy: { timeout: 100 } }));
    setTimeout(() => controller.abort(), 20);
    expect(await failure).toMatchObject({ code: 'ERR_CANCELED' });
  });

  it('times out while the mock takes its time', async () => {
    const { http, mock } = create();
    mock.onGet(url).reply(() => new Promise(() => {}));
    const error = await failureOf(http.get(url, { timeout: 30, policy: { retry: false } }));
    expect(error).toMatchObject({ code: 'ECONNABORTED', message: 'timeout of 30ms exceeded' });
  });

  it('goes through the pool where the mock lets it pass', async () => {
    const origin = await startOrigin();
    const { http, policy, mock } = create();
    mock.onGet(origin.url).passThrough();
    for (let i = 0; i < 2; i += 1) expect((await http.get(origin.url)).data).toBe('Hello World');
    expect(origin.connections).toBe(1);
    expect(policy.stats().pools).toMatchObject([{ origin: origin.url }]);
  });

  it('goes to the network again after restore, still under the policy', async () => {
    const origin = await startOrigin();
    const { http, policy, mock } = create();
    mock.onAny().reply(500);
    mock.restore();
    expect((await http.get(origin.url)).data).toBe('Hello World');
    expect(policy.stats()).toMatchObject({ attempts: 1, pools: [{ origin: origin.url }] });
  });

  it('stays mocked after detach', async () => {
    const { http, policy, mock } = create();
    mock.onGet(url).reply(503);
    policy.detach();
    await failureOf(http.get(url));
    expect(mock.history.get).toHaveLength(1);
  });
});
