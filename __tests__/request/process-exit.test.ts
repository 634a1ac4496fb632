/** However a request ends, nothing of it keeps the process alive, and `close()` resolves. */
import { runChild } from '../helpers/child.js';
import { closedPort } from '../helpers/faults.js';
import { type Http2Answer, partial, respond, silence, startHttp2Origin } from '../helpers/http2-origin.js';
import { type Answer, handler, never, reply, stallBody, startOrigin } from '../helpers/origin.js';

const BIG = Buffer.alloc(8 * 1024 * 1024, 'x');

// Neither origin ever closes a connection: whatever is closed, the policy closes.
const HTTP1: Record<string, Answer> = {
  '/200': reply({ body: 'Hello World' }),
  '/404': reply({ status: 404, body: 'why' }),
  '/503': reply({ status: 503, body: 'why' }),
  '/204': reply({ status: 204 }),
  '/big': reply({ body: BIG }),
  '/big-503': reply({ status: 503, body: BIG }),
  '/stall': stallBody({ declared: 100, sent: 10 }),
  '/never': never(),
};
const HTTP2: Record<string, Http2Answer> = {
  '/200': respond({ body: 'Hello World' }),
  '/404': respond({ status: 404, body: 'why' }),
  '/503': respond({ status: 503, body: 'why' }),
  '/204': respond({ status: 204 }),
  '/big': respond({ body: BIG }),
  '/big-503': respond({ status: 503, body: BIG }),
  '/stall': partial(100, 10),
  '/never': silence,
};

/** Every way a request can end, as a function of an instance and its policy, in the child. */
const ENDINGS = `{
  'a stream that nobody reads': (http) => http.get('/200', stream),
  'one without a body': (http) => http.get('/204', stream),
  'one of a refused status': (http) => http.get('/404', stream),
  'one under a readTimeout': (http) => http.get('/404', { ...stream, policy: { readTimeout: 50 } }),
  'one under a timeout of the policy': (http) => http.get('/404', { ...stream, policy: { timeout: 60_000 } }),
  'one under no timeout': (http) => http.get('/404', { ...stream, policy: { timeout: false } }),
  'one on a connection that was used before': (http) => http.get('/200').then(() => http.get('/404', stream)),
  'one that is paused': (http) => http.get('/200', stream).then(({ data }) => data.pause()),
  'one whose peer waits, under axios’ timeout': (http) => http.get('/big', { ...stream, timeout: 100 }),
  'one whose peer waits, under the policy’s': (http) => http.get('/big', { ...stream, policy: { timeout: 100 } }),
  'one that the reader gives up': (http) => http.get('/big', stream).then(({ data }) => data.destroy()),
  'one that stalls while it is read': (http) =>
    http.get('/stall', { ...stream, timeout: 100 }).then(({ data }) => data.resume().on('error', () => {})),
  'a web stream that nobody reads': (http) => http.get('/404', { ...stream, adapter: 'fetch' }),
  'retries that are used up': (http) => http.get('/503', { ...stream, policy: { retry } }),
  'retries that are used up, of long failures': (http) =>
    http.get('/big-503', { ...stream, timeout: 100, policy: { retry } }),
  'a timeout': (http) => http.get('/never', { timeout: 100 }),
  'an abort': (http) => http.get('/never', { signal: AbortSignal.timeout(100) }),
  'an abort of a stream': (http) => http.get('/big', { ...stream, signal: AbortSignal.timeout(100) }),
  'detach': (http, policy) => abortSoon(policy, http.get('/never')),
  'detach, of a stream': (http, policy) => abortSoon(policy, http.get('/big', stream)),
  'detach, asleep': (http, policy) => abortSoon(policy, http.get('/503', { policy: { retry: asleep } })),
  'a refused connection': (http) => http.get(refused, { policy: { retry } }),
}`;

/** @param after done to each policy when its request has ended. */
const script = (after: string, origins: Record<'h1' | 'h2', string>, refused: string): string => `
  const stream = { responseType: 'stream' };
  const retry = { maxRetries: 2, backoff: { initBackoff: 5, maxBackoff: 10 } };
  const asleep = { backoff: { initBackoff: '1h', maxBackoff: '1h' }, retryTimeout: '2h' };
  const refused = ${JSON.stringify(refused)};
  const abortSoon = (policy, request) => {
    setTimeout(() => policy.detach({ abort: true }), 100);
    return request;
  };
  const open = new Set();
  setTimeout(() => {
    console.error('alive:', process.getActiveResourcesInfo(), [...open]);
    process.exitCode = 1;
    process.kill(process.pid);
  }, 8000).unref();
  const after = ${after};
  for (const [version, baseURL] of Object.entries(${JSON.stringify(origins)})) {
    for (const [name, end] of Object.entries(${ENDINGS})) {
      if (version === 'h2' && /web stream/.test(name)) continue;
      const http = axios.create({ baseURL });
      const client = { allowHttp: true, http2Only: version === 'h2' };
      const policy = attachPolicy(http, { client, retry: false });
      open.add(version + ' ' + name);
      end(http, policy).catch(() => {}).then(() => after(policy)).then(() => open.delete(version + ' ' + name));
    }
  }
  process.on('exit', () => console.log(JSON.stringify([...open])));
`;

async function origins() {
  const [h1, h2] = await Promise.all([startOrigin(), startHttp2Origin({ tls: false })]);
  const by = (path = '') => HTTP1[path] ?? reply();
  h1.always(handler((...exchange) => by(exchange[0].url).play(exchangeOf(exchange))));
  h2.always((call) => HTTP2[call.headers[':path'] ?? '']?.(call));
  return { h1: h1.url, h2: h2.url };
}

const exchangeOf = ([request, response, recorded]: Parameters<Parameters<typeof handler>[0]>) => ({
  request,
  response,
  recorded,
  socket: request.socket,
  connection: request.socket,
});

describe('However a request ends', () => {
  it.each([
    ['the process ends by itself', '() => {}'],
    ['the process ends by itself and close resolves', '(policy) => policy.close()'],
  ])(
    '%s',
    async (_name, after) => {
      const { stdout, stderr } = await runChild(
        script(after, await origins(), `https://127.0.0.1:${await closedPort()}/`),
        { NODE_NO_WARNINGS: '1' },
      );
      expect(stderr).toBe('');
      expect(JSON.parse(stdout)).toEqual([]);
    },
    20_000,
  );
});
