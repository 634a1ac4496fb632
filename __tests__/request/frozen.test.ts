/** A process that stood still while a request slept: what is too late by then is not sent. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { getPolicyMetadata, type RetryConfig } from '../../lib/index.js';
import { attached, failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { closedPort } from '../helpers/faults.js';
import { reply, startOrigin } from '../helpers/origin.js';
import { until } from '../helpers/wait.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const RETRY_TIMEOUT_MS = 400;

function freeze(): void {
  const until = performance.now() + RETRY_TIMEOUT_MS;
  while (performance.now() < until);
}

describe.each(AXIOS_COPIES)(
  'given a process that is frozen during the sleep before a retry, with $name',
  ({ axios }) => {
    const gaveUp: string[] = [];
    /** @param meanwhile done before the freeze. */
    const attach = (meanwhile: () => void, retry: RetryConfig = {}) =>
      attached({
        axios,
        retry: {
          // So long that the hook is over and the freeze begins before it ends, however busy the machine is.
          backoff: { initBackoff: 300, maxBackoff: 300 },
          retryTimeout: RETRY_TIMEOUT_MS,
          // Not at once: the request has to be asleep.
          onRetry: () => {
            setTimeout(() => {
              meanwhile();
              freeze();
            }, 10);
          },
          onGiveUp: ({ reason }) => void gaveUp.push(reason),
          ...retry,
        },
      });
    beforeEach(() => {
      gaveUp.length = 0;
    });

    it.each([
      ['the error that there was', () => {}],
      ['one that says the same, if that was collected', collectGarbage],
    ])('it ends with %s', async (_name, meanwhile) => {
      const origin = (await startOrigin()).always(
        reply({ status: 503, body: 'why', headers: { 'x-why': '1' } }),
      );
      const { http, policy } = attach(meanwhile);
      const error = await failureOf(http.post(origin.url, 'order', { headers: { 'x-order': '1' } }));
      expect(error).toBeInstanceOf(axios.AxiosError);
      expect(error).toMatchObject({
        code: 'ERR_BAD_RESPONSE',
        message: 'Request failed with status code 503',
        response: { status: 503, statusText: 'Service Unavailable', data: 'why', headers: { 'x-why': '1' } },
        config: { method: 'post', url: origin.url, data: 'order', headers: { 'x-order': '1' } },
      });
      expect(error.response?.config).toBe(error.config);
      expect(error.config?.adapter).toEqual(http.defaults.adapter);
      expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1, delaysMs: [], giveUp: 'retry-timeout' });
      expect(gaveUp).toEqual(['retry-timeout']);
      expect(origin.requests).toHaveLength(1);
      expect(policy.stats()).toMatchObject({ retries: 0, giveUps: { 'retry-timeout': 1 } });
    });

    it('it ends with the error of a connection that was refused', async () => {
      const { http } = attach(collectGarbage);
      const error = await failureOf(http.get(`http://127.0.0.1:${await closedPort()}/`));
      expect(error).toMatchObject({ isAxiosError: true, code: 'ECONNREFUSED' });
      expect(error.message).toContain('ECONNREFUSED');
      expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1, giveUp: 'retry-timeout' });
    });

    it('it ends with the response that shouldRetry refused', async () => {
      const origin = await startOrigin();
      const { http } = attach(() => {}, { shouldRetry: () => true });
      const response = await http.get(origin.url);
      expect(response.data).toBe('Hello World');
      expect(getPolicyMetadata(response)).toMatchObject({ attempts: 1, giveUp: 'retry-timeout' });
      expect(origin.requests).toHaveLength(1);
    });

    it('it goes on if there is time left', async () => {
      const origin = (await startOrigin()).enqueue(reply({ status: 503 }));
      const { http } = attach(() => {}, { retryTimeout: '1min' });
      const response = await http.get(origin.url);
      expect(getPolicyMetadata(response)?.attempts).toBe(2);
      await until(() => origin.requests.length === 2);
    });
  },
);
