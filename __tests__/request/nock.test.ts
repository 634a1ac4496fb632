import nock from 'nock';
import { getPolicyMetadata } from '../../lib/index.js';
import { attached, failureOf, policyCodeOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { startOrigin } from '../helpers/origin.js';

const retry = { maxRetries: 2, backoff: { initBackoff: 1, maxBackoff: 2 } };

afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});
afterAll(() => nock.restore());

const MATRIX = AXIOS_COPIES.flatMap(({ name, axios }) =>
  ['http', 'https'].flatMap((scheme) =>
    [5, 0].map((maxRedirects) => ({ name, axios, scheme, maxRedirects })),
  ),
);

describe.each(MATRIX)(
  'With nock, $name, $scheme and maxRedirects $maxRedirects',
  ({ axios, scheme, maxRedirects }) => {
    const base = `${scheme}://nocked.test`;
    const attach = (client = {}) =>
      attached({ axios, retry, client, defaults: { maxRedirects, baseURL: base } });

    beforeEach(() => nock.disableNetConnect());

    it('an answer is that of nock', async () => {
      nock(base, { reqheaders: { 'x-one': '1' } })
        .post('/a?b=1', { c: 2 })
        .reply(201, { made: true }, { 'X-Nock': 'yes' });
      const { http } = attach();
      const response = await http.post('/a', { c: 2 }, { params: { b: 1 }, headers: { 'X-One': '1' } });
      expect(response).toMatchObject({ status: 201, data: { made: true }, headers: { 'x-nock': 'yes' } });
    });

    it('a retry is answered by nock', async () => {
      const scope = nock(base)
        .get('/')
        .reply(503)
        .get('/')
        .replyWithError(reset())
        .get('/')
        .reply(200, 'third');
      const { http } = attach();
      const response = await http.get('/');
      expect(response.data).toBe('third');
      expect(getPolicyMetadata(response)).toMatchObject({ attempts: 3 });
      scope.done();
    });

    it('a body is sent again as it was', async () => {
      const scope = nock(base).put('/', { a: 1 }).reply(503).put('/', { a: 1 }).reply(200, 'second');
      const { http } = attach();
      expect((await http.put('/', { a: 1 })).data).toBe('second');
      scope.done();
    });

    it('a redirect is followed as far as axios follows it', async () => {
      nock(base).get('/').reply(302, '', { Location: '/next' }).get('/next').reply(200, 'next');
      const { http } = attach();
      const status = await http.get('/', { validateStatus: null }).then((response) => response.status);
      expect(status).toBe(maxRedirects === 0 ? 302 : 200);
    });

    it('a request that nock does not know fails, and does not reach the network', async () => {
      nock(base).get('/known').reply(200);
      const { http } = attach();
      const error = await failureOf(http.get('/unknown', { policy: { retry: false } }));
      expect(error.message).toMatch(/No match for request/);
    });

    it('a response that is late is a timeout', async () => {
      nock(base).get('/').delay(300).reply(200);
      const { http } = attach({ timeout: 40 });
      const error = await failureOf(http.get('/', { policy: { retry: false } }));
      expect(error).toMatchObject({ code: 'ECONNABORTED', message: 'timeout of 40ms exceeded' });
      nock.abortPendingRequests();
    });

    it('plain http is refused where it is not allowed, as without nock', async () => {
      nock(base).get('/').reply(200, 'nocked');
      const { http } = attach({ allowHttp: false });
      if (scheme === 'https') expect((await http.get('/')).data).toBe('nocked');
      else expect(policyCodeOf(await failureOf(http.get('/')))).toBe('ERR_POLICY_HTTP_NOT_ALLOWED');
    });
  },
);

describe.each([
  { scheme: 'http', tls: false },
  { scheme: 'https', tls: true },
])('What nock lets pass over $scheme', ({ tls }) => {
  it('is answered by the network, on connections of the policy', async () => {
    const origin = await startOrigin({ tls });
    const { http, policy } = attached();
    for (let i = 0; i < 3; i += 1) expect((await http.get(origin.url)).data).toBe('Hello World');
    expect(origin.requests).toHaveLength(3);
    await policy.close();
    await origin.idle();
  });
});

function reset(): Error {
  return Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' });
}
