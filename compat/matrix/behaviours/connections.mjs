// @ts-check
import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import servers from '../../../__tests__/helpers/servers.cjs';
import { always, withHttp } from '../behaviour.mjs';
import { rejectionOf } from '../world.mjs';

const { Http2Origin, respond, TcpServer } = servers;

export const connections = [
  always('Plain http is refused before a byte is sent, if nobody allows it.', async (world) => {
    const origin = await world.serve();
    const { http } = world.attach({ client: { allowHttp: false } });
    const error = await rejectionOf(http.get(origin.url));
    assert.ok(error instanceof world.axios.AxiosError);
    assert.equal(error.code, 'ERR_POLICY_HTTP_NOT_ALLOWED');
    assert.match(error.message, /allowHttp/);
    assert.equal(world.library.getPolicyMetadata(error)?.attempts, 1);
    assert.equal(origin.connections, 0);
  }),

  withHttp('Requests in a row share one connection.', async (world) => {
    const origin = await world.serve();
    const { http, policy } = world.attach();
    for (let sent = 0; sent < 5; sent += 1) await http.get(origin.url);
    assert.equal(origin.requests.length, 5);
    assert.equal(origin.connections, 1);
    assert.deepEqual(
      policy.stats().pools.map(({ active, idle }) => [active, idle]),
      [[0, 1]],
    );
  }),

  withHttp('A kept connection that dies under a GET does not count, and is made up for.', async (world) => {
    const origin = await world.serve((req, res, n) => (n === 2 ? req.socket.destroy() : res.end('OK')));
    const { http } = world.attach({ retry: { maxRetries: 0 } });
    await http.get(origin.url);
    const { attempts, resends } = world.library.getPolicyMetadata(await http.get(origin.url)) ?? {};
    assert.deepEqual([attempts, resends], [1, 1]);
    assert.deepEqual([origin.requests.length, origin.connections], [3, 2]);
  }),

  withHttp('A kept connection that dies under a POST fails it: it is delivered once.', async (world) => {
    const origin = await world.serve((req, res, n) => (n === 2 ? req.socket.destroy() : res.end('OK')));
    const { http } = world.attach({ retry: {} });
    await http.get(origin.url);
    const error = await rejectionOf(http.post(origin.url, 'x'));
    assert.equal(world.library.getPolicyMetadata(error)?.giveUp, 'not-idempotent');
    assert.equal(origin.requests.length, 2);
  }),

  withHttp(
    'A connection that is not usable within connectTimeout is tried again for a POST.',
    async (world) => {
      const silent = await new TcpServer(() => {}).start();
      world.onClose(() => silent.close());
      const { http } = world.attach({ client: { connectTimeout: 100 }, retry: { maxRetries: 1 } });
      const error = await rejectionOf(http.post(`https://${silent.host}`, 'x'));
      assert.equal(error.code, 'ETIMEDOUT');
      assert.equal(error.cause?.policyCode, 'ERR_POLICY_CONNECT_TIMEOUT');
      assert.deepEqual(
        world.library.getPolicyMetadata(error)?.outcomes.map(({ kind }) => kind),
        ['connect', 'connect'],
      );
      assert.equal(silent.sockets.length, 2);
    },
  ),

  withHttp('close() closes the idle connections.', async (world) => {
    const origin = await world.serve((req, res) => {
      req.socket.once('close', () => closed.resolve());
      res.end();
    });
    const closed = defer();
    const { http, policy } = world.attach();
    await http.get(origin.url);
    await policy.close();
    await closed.promise;
    assert.deepEqual(policy.stats().pools, []);
  }),

  withHttp('A proxy is asked for the whole address.', async (world) => {
    const proxy = await world.serve([503, 200]);
    const { http } = world.attach({ client: { proxyUrl: proxy.url.replace('//', '//user:p%40ss@') } });
    await http.get('http://origin.test/path?a=1');
    const credentials = `Basic ${Buffer.from('user:p@ss').toString('base64')}`;
    assert.deepEqual(
      proxy.requests.map(({ url, headers }) => [url, headers.host, headers['proxy-authorization']]),
      Array(2).fill(['http://origin.test/path?a=1', 'origin.test', credentials]),
    );
  }),

  withHttp('HTTP/2 is spoken where it is asked for, over one connection.', async (world) => {
    const origin = new Http2Origin({ tls: false });
    origin.always((call) => respond({ status: call.number === 1 ? 503 : 200, body: 'over HTTP/2' })(call));
    await origin.start();
    world.onClose(() => origin.close());
    const { http } = world.attach({ client: { http2Only: true }, retry: { elsewhere: false } });
    const { data } = await http.get(origin.url);
    assert.deepEqual([data, origin.requests.length, origin.connections], ['over HTTP/2', 2, 1]);
  }),

  withHttp("A request's own agent is used.", async (world) => {
    const origin = await world.serve([503, 200]);
    const httpAgent = new Agent({ keepAlive: true, maxSockets: 1 });
    world.onClose(() => httpAgent.destroy());
    const { http } = world.attach();
    await http.get(origin.url, { httpAgent });
    assert.equal(Object.values(httpAgent.freeSockets).flat().length, 1);
    assert.equal(origin.connections, 1);
  }),

  always("userAgent is a default; a request's own header wins.", async (world) => {
    const origin = await world.serve();
    const { http } = world.attach({ client: { userAgent: 'service/1.0' } });
    await http.get(origin.url);
    await http.get(origin.url, { headers: { 'User-Agent': 'mine' } });
    assert.deepEqual(
      origin.requests.map(({ headers }) => headers['user-agent']),
      ['service/1.0', 'mine'],
    );
  }),

  always('defaultContentType is for a body that nobody gave a type.', async (world) => {
    const origin = await world.serve();
    const { http } = world.attach({ client: { defaultContentType: 'application/cbor' } });
    await http.post(origin.url, Buffer.from('bytes'));
    await http.post(origin.url, { a: 1 });
    await http.post(origin.url, 'x', { headers: { 'Content-Type': 'text/plain' } });
    assert.deepEqual(
      origin.requests.map(({ headers }) => headers['content-type']),
      ['application/cbor', 'application/json', 'text/plain'],
    );
  }),
];

function defer() {
  /** @type {() => void} */
  let resolve = () => {};
  const promise = /** @type {Promise<void>} */ (
    new Promise((done) => {
      resolve = done;
    })
  );
  return { promise, resolve };
}
