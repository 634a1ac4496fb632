import { ca, otherCa } from './helpers/certs.js';
import { runChild } from './helpers/child.js';
import { respond, startHttp2Origin } from './helpers/http2-origin.js';
import { redirect, reply, startOrigin, truncate } from './helpers/origin.js';
import { startProxy } from './helpers/proxy.js';

const STRICT = '--throw-deprecation --pending-deprecation';

/** Runs a script to which every deprecation of Node is fatal, with `client` options that trust the test authorities. */
function runStrictly(script: string): Promise<{ stdout: string; stderr: string }> {
  const prelude = `
    const { text } = require('node:stream/consumers');
    const client = { allowHttp: true, proxyUrl: false, tls: { ca: ${JSON.stringify(ca)}, proxyCa: ${JSON.stringify(otherCa)} } };
    const retry = { backoff: { initBackoff: 5, maxBackoff: 5 } };
    function attached(options, own = retry) {
      const http = axios.create();
      return { http, policy: attachPolicy(http, { client: { ...client, ...options }, retry: own }) };
    }
  `;
  return runChild(`${prelude}(async () => {${script}})().then(() => console.log('done'))`, {
    NODE_OPTIONS: STRICT,
  });
}

describe('to a process that takes every deprecation for an error', () => {
  it('no request over HTTP/1.1 is one: redirected, retried, streamed, uploaded, cut, cancelled', async () => {
    const origin = await startOrigin();
    origin.enqueue(
      redirect(302, '/end'),
      reply({}),
      reply({ status: 503 }),
      reply({}),
      reply({}),
      truncate({ declared: 9, sent: 4, how: 'fin' }),
    );
    await expect(
      runStrictly(`
        const { http, policy } = attached();
        await http.get('${origin.url}/begin');
        await http.get('${origin.url}/busy');
        await http.post('${origin.url}/form', new URLSearchParams({ a: '1' }));
        await http.get('${origin.url}/cut', { policy: { retry: false } }).catch(() => {});
        const { data } = await http.get('${origin.url}/stream', { responseType: 'stream' });
        await text(data);
        await http.put('${origin.url}/up', require('node:stream').Readable.from(['a', 'b']));
        await http.get('${origin.url}/gone', { signal: AbortSignal.abort() }).catch(() => {});
        await policy.close();
      `),
    ).resolves.toMatchObject({ stdout: 'done\n', stderr: '' });
  });

  it('no request over TLS and through proxies is one', async () => {
    const [origin, plain] = await Promise.all([startOrigin({ tls: true }), startOrigin()]);
    const [proxy, secure] = await Promise.all([startProxy(), startProxy({ tls: true })]);
    await expect(
      runStrictly(`
        for (const proxyUrl of [false, '${proxy.url}', '${secure.url}']) {
          const { http, policy } = attached({ proxyUrl });
          for (const url of ['${origin.url}', '${origin.url}', '${plain.url}']) await http.get(url);
          await policy.close();
        }
      `),
    ).resolves.toMatchObject({ stdout: 'done\n', stderr: '' });
  });

  it('no request over HTTP/2 is one', async () => {
    const origin = await startHttp2Origin();
    origin.always(respond({ body: 'Hello World' }));
    await expect(
      runStrictly(`
        for (const version of [{ http2Only: true }, { http1Only: false }]) {
          const { http, policy } = attached(version);
          for (let n = 0; n < 3; n += 1) await http.get('${origin.url}');
          await http.post('${origin.url}', { a: 1 });
          const { data } = await http.get('${origin.url}', { responseType: 'stream' });
          await text(data);
          await policy.close();
        }
      `),
    ).resolves.toMatchObject({ stdout: 'done\n', stderr: '' });
  });
});
