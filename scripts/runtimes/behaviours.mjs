// What is tried in every runtime. Each of these resolves if it works, and rejects if it does not.
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import axios from 'axios';
import { attachPolicy, getPolicyMetadata } from 'axios-policy';

/** @param {{ http: string, https: string, http2: string, proxy: string, silent: string, ca: string }} world */
export function behavioursIn(world) {
  const defaults = { allowHttp: true, proxyUrl: false, tls: { ca: world.ca } };

  /** Does something with an instance, and sees to it that nothing of its policy is left. */
  async function using({ client, retry = { backoff: { initBackoff: 5, maxBackoff: 5 } } }, act) {
    const http = axios.create();
    const policy = attachPolicy(http, { client: { ...defaults, ...client }, retry });
    try {
      await act(http, policy);
    } finally {
      await policy.close({ abort: true });
    }
  }

  const getsTwice = (url) => async (http, policy) => {
    for (let n = 0; n < 2; n += 1) assert.equal((await http.get(url)).data, 'Hello World');
    const { pools, http2 } = policy.stats();
    assert.equal(pools.reduce((sum, { active, idle }) => sum + active + idle, 0) + http2.length, 1);
  };

  return {
    'HTTP/1.1, kept alive': () => using({}, getsTwice(world.http)),
    'TLS with an authority of its own, kept alive': () => using({}, getsTwice(world.https)),
    'HTTP/2': () => using({ client: { http2Only: true } }, getsTwice(world.http2)),
    'retries: 503, then 200': () =>
      using({}, async (http) => {
        const response = await http.get(`${world.http}/busy-once/${Math.random()}`);
        assert.equal(getPolicyMetadata(response).attempts, 2);
      }),
    'JSON up and down': () =>
      using({}, async (http) => {
        const { data } = await http.post(`${world.http}/echo`, { a: [1, 'ä'] });
        assert.deepEqual(data, { a: [1, 'ä'] });
      }),
    'streams up and down': () =>
      using({}, async (http) => {
        const body = Readable.from([Buffer.from('a'), Buffer.from('b')]);
        const { data } = await http.put(`${world.http}/echo`, body, { responseType: 'stream' });
        assert.equal(await text(data), 'ab');
      }),
    'gzip, redirects': () =>
      using({}, async (http) => assert.equal((await http.get(`${world.http}/moved`)).data, 'Hello World')),
    'http:// through a proxy': () => using({ client: { proxyUrl: world.proxy } }, getsTwice(world.http)),
    'https:// through a proxy (CONNECT)': () =>
      using({ client: { proxyUrl: world.proxy } }, getsTwice(world.https)),
    timeout: () =>
      using({ client: { timeout: 100 }, retry: false }, (http) =>
        assert.rejects(http.get(world.silent), { code: 'ECONNABORTED' }),
      ),
    connectTimeout: () =>
      using({ client: { connectTimeout: 100 }, retry: false }, (http) =>
        // TCP is there, TLS never begins.
        assert.rejects(http.get(world.silent.replace('http:', 'https:')), { code: 'ETIMEDOUT' }),
      ),
    cancelling: () =>
      using({}, async (http) => {
        const controller = new AbortController();
        setTimeout(() => controller.abort(), 50);
        await assert.rejects(http.get(world.silent, { signal: controller.signal }), { code: 'ERR_CANCELED' });
      }),
  };
}
