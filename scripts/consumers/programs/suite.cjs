// The suite of a user's own tests, for any runner that has `test` and `expect`.
const { once } = require('node:events');
const { createServer } = require('node:http');

exports.TESTS = 4;

exports.defineSuite = ({ test, expect, axios, MockAdapter, policy }) => {
  const { attachPolicy, getPolicyMetadata, PolicyConfigError } = policy;
  const retry = { maxRetries: 2, backoff: { initBackoff: '2ms', maxBackoff: '2ms' } };

  async function withServer(statuses, use) {
    const left = [...statuses];
    const server = createServer((_request, response) => {
      response.statusCode = left.shift();
      response.end('body');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const http = axios.create({ baseURL: `http://127.0.0.1:${server.address().port}` });
    const attached = attachPolicy(http, { client: { allowHttp: true, proxyUrl: false }, retry });
    try {
      await use(http);
    } finally {
      await attached.close();
      server.close();
    }
    expect(left).toEqual([]);
  }

  test('retries against a server until it answers', () =>
    withServer([503, 429, 200], async (http) => {
      const response = await http.get('/');
      expect(response.data).toBe('body');
      expect(getPolicyMetadata(response)).toMatchObject({ attempts: 3, retries: 2 });
    }));

  test('gives up with an AxiosError of the axios under test', () =>
    withServer([500, 500, 500], async (http) => {
      const error = await http.get('/').catch((reason) => reason);
      expect(error).toBeInstanceOf(axios.AxiosError);
      expect(error.response.status).toBe(500);
      expect(getPolicyMetadata(error).giveUp).toBe('max-retries');
    }));

  test('retries what a mock adapter answers, set up before or after the policy', async () => {
    for (const isMockFirst of [true, false]) {
      const http = axios.create({ baseURL: 'https://api.example.test' });
      if (!isMockFirst) attachPolicy(http, { retry });
      const mock = new MockAdapter(http);
      if (isMockFirst) attachPolicy(http, { retry });
      mock.onGet('/users').replyOnce(503).onGet('/users').reply(200, ['Ada']);
      const response = await http.get('/users');
      expect(response.data).toEqual(['Ada']);
      expect(getPolicyMetadata(response).attempts).toBe(2);
      expect(mock.history.get.length).toBe(2);
    }
  });

  test('refuses an unknown option with its own error class', () => {
    expect(() => attachPolicy(axios.create(), { retry: { maxRetry: 1 } })).toThrow(PolicyConfigError);
  });
};
