import type { AxiosError, AxiosInstance, AxiosResponseHeaders, InternalAxiosRequestConfig } from 'axios';
import { attachPolicy, getPolicyMetadata } from '../../lib/index.js';
import { failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { ca } from '../helpers/certs.js';
import { atEnd } from '../helpers/cleanup.js';
import { reply, reset } from '../helpers/origin.js';
import { delay } from '../helpers/wait.js';
import { QUICK, start, unavailable } from './setup.js';

/** The codes of the process warnings of a test. */
function warnings(): () => Promise<unknown[]> {
  const spy = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  return async () => {
    await delay(10);
    return spy.mock.calls.map(([, options]) => (options as unknown as { code: string }).code);
  };
}

afterEach(() => jest.restoreAllMocks());

class ApiError extends Error {}

const replacing = (make: (error: AxiosError) => unknown) => (instance: AxiosInstance) =>
  void instance.interceptors.response.use(undefined, (error: AxiosError) => Promise.reject(make(error)));

describe.each(AXIOS_COPIES)(
  'given an interceptor in front that replaces the error without a cause, with $name',
  ({ axios }) => {
    it.each([
      ['an error', () => new ApiError('down')],
      ['a string', () => 'down'],
      ['a plain object', ({ response }: AxiosError) => ({ status: response?.status })],
    ])('warns once that such failures are not retried, for %s', async (_name, make) => {
      const { origin, http } = await start({ axios, before: replacing(make) });
      origin.enqueue(unavailable(), reset(), unavailable());
      const warned = warnings();
      for (let i = 0; i < 3; i += 1) await failureOf(http.get('/', { headers: { Connection: 'close' } }));
      expect(await warned()).toEqual(['AXIOS_POLICY_REPLACED_ERROR']);
      expect(origin.requests).toHaveLength(3);
    });

    it('warns of it on a later attempt, too', async () => {
      let seen = 0;
      const make = (error: AxiosError) => {
        seen += 1;
        return seen === 1 ? error : new ApiError('down');
      };
      const { origin, http } = await start({ axios, before: replacing(make) });
      origin.always(unavailable());
      const warned = warnings();
      expect(await failureOf(http.get('/'))).toBeInstanceOf(ApiError);
      expect(await warned()).toEqual(['AXIOS_POLICY_REPLACED_ERROR']);
    });

    it('warns of it when the policy was detached and attached anew', async () => {
      const { origin, http, policy } = await start({ axios });
      replacing(() => new ApiError('down'))(http);
      policy.detach();
      const again = attachPolicy(http, { client: { tls: { ca } }, retry: { backoff: QUICK } });
      atEnd(() => again.close({ abort: true }));
      origin.enqueue(unavailable());
      const warned = warnings();
      expect(await failureOf(http.get('/'))).toBeInstanceOf(ApiError);
      expect(await warned()).toEqual(['AXIOS_POLICY_REPLACED_ERROR']);
    });
  },
);

describe.each(AXIOS_COPIES)(
  'given an interceptor in front of which nothing is to be said, with $name',
  ({ axios }) => {
    it('retries, without a warning, what is replaced with a cause', async () => {
      const make = (error: AxiosError) => new ApiError('down', { cause: error });
      const { origin, http } = await start({ axios, before: replacing(make) });
      origin.enqueue(unavailable(), unavailable());
      const warned = warnings();
      expect((await http.get('/')).status).toBe(200);
      expect(await warned()).toEqual([]);
    });

    it('does not warn of a failure that would not be retried', async () => {
      const { origin, http } = await start({ axios, before: replacing(() => new ApiError('no')) });
      origin.enqueue(reply({ status: 404 }), unavailable());
      const warned = warnings();
      await failureOf(http.get('/'));
      await failureOf(http.get('/', { policy: { retry: false } }));
      expect(await warned()).toEqual([]);
    });

    it('does not warn of one that answers in place of the server, nor of what a request interceptor throws', async () => {
      const { origin, http } = await start({
        axios,
        before: (instance) =>
          void instance.interceptors.response.use(undefined, () => ({ data: 'fallback' })),
      });
      origin.enqueue(unavailable());
      const warned = warnings();
      expect((await http.get('/')).data).toBe('fallback');
      http.interceptors.request.use(() => Promise.reject(new Error('refused')));
      await http.get('/');
      expect(await warned()).toEqual([]);
    });
  },
);

describe.each(AXIOS_COPIES)(
  'given a transform that throws on what it is not made for, with $name',
  ({ axios }) => {
    const page = reply({ status: 503, body: '<html>', headers: { 'Retry-After': '0' } });
    const parsing = { transformResponse: [(text: string) => JSON.parse(text)] };

    it('retries the refused response behind it', async () => {
      const { origin, http } = await start({ axios });
      origin.enqueue(page, page, reply({ body: '{"a":1}' }));
      const warned = warnings();
      const response = await http.get('/', parsing);
      expect(response.data).toEqual({ a: 1 });
      expect(response.config.transformResponse).toEqual(parsing.transformResponse);
      expect(getPolicyMetadata(response)?.outcomes).toMatchObject([{ status: 503 }, { status: 503 }]);
      expect(await warned()).toEqual([]);
    });

    it('rejects with what it threw, as axios does, and tells of the attempts', async () => {
      const onGiveUp = jest.fn();
      const { origin, http } = await start({ axios, retry: { maxRetries: 1, onGiveUp } });
      origin.always(page);
      const error = await failureOf(http.post('/', 'x', parsing));
      expect(error).toBeInstanceOf(SyntaxError);
      expect(getPolicyMetadata(error)).toMatchObject({ attempts: 2, giveUp: 'max-retries' });
      expect(onGiveUp).toHaveBeenCalledWith(expect.objectContaining({ kind: 'status', status: 503 }));
    });

    it('gives the transforms what axios does, and leaves a refusal that is final alone', async () => {
      const { origin, http } = await start({ axios });
      origin.always(reply({ status: 404, body: 'not here' }));
      const seen: unknown[] = [];
      function note(
        this: InternalAxiosRequestConfig,
        data: unknown,
        headers: AxiosResponseHeaders,
        status?: number,
      ) {
        seen.push([this.url, data, headers.get('content-length'), status]);
        return `${data}!`;
      }
      const error = await failureOf(http.get('/path', { transformResponse: [note, note] }));
      expect(error.response?.data).toBe('not here!!');
      expect(seen).toEqual([
        ['/path', 'not here', '8', 404],
        ['/path', 'not here!', '8', 404],
      ]);
      expect(origin.requests).toHaveLength(1);
    });
  },
);
