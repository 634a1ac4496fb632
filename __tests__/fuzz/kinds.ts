import { Agent } from 'node:http';
import { createServer as createSecure } from 'node:https';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import axios, { type AxiosInstance } from 'axios';
import { attachPolicy, type ClientConfig, type Policy, type RetryConfig } from '../../lib/index.js';
import * as certs from '../helpers/certs.js';
import { FRAME, FrameOrigin, type FramePeer } from '../helpers/http2-frames.js';
import { listen, shut, trackSockets } from '../helpers/tcp.js';
import { until } from '../helpers/wait.js';
import { below, mutate, oneOf, type Random } from './mutate.js';
import { say, startRawServer } from './raw-server.js';

/** A case: resolves to what went wrong, or to nothing. */
export type Kind = (random: Random) => Promise<string | undefined>;

/** Whatever a peer does, a request has come to its end by then. */
const TIMEOUT_MS = 300;
/** So long no busy machine holds up what is under way. */
const HANGS_MS = 20_000;

/** The body of a response, or the code of an error. */
type Outcome = { readonly body: string } | { readonly code: string };

async function outcomeOf(request: Promise<{ data: unknown }>): Promise<Outcome | 'hangs'> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<'hangs'>((resolve) => {
    timer = setTimeout(resolve, HANGS_MS, 'hangs');
  });
  const settled = request.then(
    ({ data }): Outcome => ({ body: Buffer.from(data as Buffer).toString('latin1') }),
    ({ code, message }): Outcome => ({ code: code ?? message }),
  );
  return Promise.race([settled, limit]).finally(() => clearTimeout(timer));
}

const isBody = (outcome: Outcome | 'hangs', body: string): boolean =>
  outcome !== 'hangs' && 'body' in outcome && outcome.body === body;

const OPTIONS = { responseType: 'arraybuffer', maxRedirects: 0, validateStatus: () => true } as const;

/** None, or one. */
const retryOf = (random: Random): RetryConfig | false =>
  random() < 0.5 ? false : { maxRetries: 1, backoff: { initBackoff: 1 } };

function attached(client: ClientConfig, retry: RetryConfig | false): { http: AxiosInstance; policy: Policy } {
  const http = axios.create(OPTIONS);
  const all = { allowHttp: true, proxyUrl: false as const, timeout: TIMEOUT_MS, ...client };
  return { http, policy: attachPolicy(http, { client: { ...all, tls: { ca: certs.ca } }, retry }) };
}

/** What is left when a policy is closed. */
async function leftBy(policy: Policy, openSockets: () => number): Promise<string | undefined> {
  const closed = await outcomeOf(policy.close().then(() => ({ data: '' })));
  if (closed === 'hangs') return 'close() does not resolve';
  const { pools, http2 } = policy.stats();
  const held = pools.reduce((sum, { active, idle }) => sum + active + idle, 0) + http2.length;
  if (held > 0) return `${held} connections are held`;
  const areClosed = until(() => openSockets() === 0, HANGS_MS);
  return areClosed.then(
    () => undefined,
    () => `${openSockets()} connections are open`,
  );
}

const BODY = 'The whole body, '.repeat(20);
const head = (...lines: string[]) => `HTTP/1.1 200 OK\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
const zipped = gzipSync(BODY).toString('latin1');

const ANSWERS = [
  head(`Content-Length: ${BODY.length}`) + BODY,
  head('Transfer-Encoding: chunked') + chunk(BODY) + chunk(BODY) + chunk(''),
  `${head('Transfer-Encoding: chunked', 'Trailer: X-Sum')}${chunk(BODY)}0\r\nX-Sum: 1\r\n\r\n`,
  head('Connection: close') + BODY,
  head('Content-Encoding: gzip', `Content-Length: ${zipped.length}`) + zipped,
  `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${head(`Content-Length: ${BODY.length}`)}${BODY}`,
  `HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 4\r\n\r\ngone`,
  'HTTP/1.1 204 No Content\r\n\r\n',
  `HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
].map((text) => Buffer.from(text, 'latin1'));

/** Answers over HTTP/1.1, read as bare axios reads them; and the next request gets its own answer. */
async function http1(random: Random): Promise<string | undefined> {
  const bytes = mutate(oneOf(random, ANSWERS), random);
  const seed = random();
  // The same pieces and the same end for everyone who asks.
  const again = () => {
    let state = seed;
    return () => {
      state = (state * 9301 + 0.49297) % 1;
      return state;
    };
  };
  const said: Promise<void>[] = [];
  const server = await startRawServer((request, socket) => {
    if (request.includes('/fuzz')) said.push(say(socket, bytes, again()));
    else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nafter');
  });
  const url = `http://127.0.0.1:${server.port}`;
  const { http, policy } = attached({}, retryOf(random));
  try {
    const httpAgent = new Agent();
    const bare = axios.create({ ...OPTIONS, httpAgent });
    const bareOutcome = (timeout: number) => outcomeOf(bare.get(`${url}/fuzz`, { timeout }));
    const [expected, got] = await Promise.all([bareOutcome(TIMEOUT_MS), outcomeOf(http.get(`${url}/fuzz`))]);
    if (got === 'hangs') return 'hangs';
    // On a busy machine bare axios may have run out of time where the policy did not.
    if ('body' in got && !isBody(expected, got.body) && !isBody(await bareOutcome(HANGS_MS / 2), got.body))
      return `resolved with ${JSON.stringify(got.body.slice(0, 80))}, bare axios ${JSON.stringify(expected).slice(0, 80)}`;
    // What is still to come of the last answer would be taken for the next one.
    await Promise.all(said);
    const after = await outcomeOf(http.get(`${url}/after`, { timeout: HANGS_MS / 2 }));
    if (after === 'hangs' || !('body' in after) || after.body !== 'after')
      return `the next request: ${JSON.stringify(after)}`;
    httpAgent.destroy();
    return await leftBy(policy, () => server.openSockets);
  } finally {
    await policy.close({ abort: true });
    await server.close();
  }
}

const REPLIES = [
  'HTTP/1.1 200 Connection established\r\n\r\n',
  `HTTP/1.1 200 OK\r\nVia: 1.1 proxy\r\nX-Long: ${'x'.repeat(500)}\r\n\r\n`,
  'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
  'HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 4\r\n\r\nauth',
  'HTTP/1.0 200 OK\r\n\r\n',
].map((text) => Buffer.from(text, 'latin1'));

/** Replies to CONNECT: a tunnel to the origin, or an error. */
async function connectReplies(random: Random): Promise<string | undefined> {
  const origin = createSecure(certs.server, (_request, response) => response.end('of the origin'));
  const ofOrigin = trackSockets(origin);
  const port = await listen(origin);
  const proxy = await startRawServer((request, socket) => {
    if (!request.startsWith('CONNECT')) return;
    const upstream = connect(port, '127.0.0.1');
    upstream.on('error', () => socket.destroy());
    socket.once('close', () => upstream.destroy());
    const reply = mutate(oneOf(random, REPLIES), random);
    socket.write(reply);
    if (random() < 0.2) socket.end();
    else upstream.pipe(socket).pipe(upstream);
  });
  const client = { proxyUrl: `http://127.0.0.1:${proxy.port}`, connectTimeout: 200 };
  const { http, policy } = attached(client, retryOf(random));
  try {
    const got = await outcomeOf(http.get(`https://localhost:${port}/`));
    if (got === 'hangs') return 'hangs';
    if ('body' in got && got.body !== 'of the origin') return `resolved with ${JSON.stringify(got.body)}`;
    return await leftBy(policy, () => proxy.openSockets);
  } finally {
    await policy.close({ abort: true });
    await Promise.all([proxy.close(), shut(origin, ofOrigin)]);
  }
}

/** Sends a few frames on a stream and beside it. @returns the body that they make, if they end it. */
function sendFrames(peer: FramePeer, id: number, random: Random): string | undefined {
  let body = '';
  let state: 'idle' | 'open' | 'ended' = 'idle';
  for (let left = 2 + below(random, 6); left > 0; left -= 1) {
    const stream = oneOf(random, [id, id, id, id, 0, id + 100, 2]);
    const isLast = random() < 0.4;
    const kind = oneOf(random, [
      'head',
      'data',
      'data',
      'reset',
      'window',
      'settings',
      'ping',
      'goaway',
      'odd',
    ]);
    const bytes = Buffer.alloc(below(random, 40), below(random, 256));
    if (kind === 'head') peer.headers(stream, { ':status': 200 }, isLast);
    else if (kind === 'data') peer.data(stream, Buffer.alloc(bytes.length, 'x'), isLast);
    else if (kind === 'reset') peer.reset(stream, below(random, 14));
    else if (kind === 'window') peer.send(FRAME.windowUpdate, 0, stream, bytes);
    else if (kind === 'settings') peer.send(FRAME.settings, below(random, 2), stream, bytes);
    else if (kind === 'ping') peer.send(FRAME.ping, below(random, 2), stream, bytes.subarray(0, 8));
    else if (kind === 'goaway') peer.goaway(below(random, 5), below(random, 14));
    else peer.send(16 + below(random, 200), below(random, 256), stream, bytes);
    if (stream !== id || state === 'ended') continue;
    if (kind === 'data' && state === 'open') body += 'x'.repeat(bytes.length);
    if (kind === 'head') state = 'open';
    if (state === 'open' && isLast && (kind === 'head' || kind === 'data')) state = 'ended';
  }
  return state === 'ended' ? body : undefined;
}

/** Frames over HTTP/2: what resolves is what was sent, whole. */
async function http2(random: Random): Promise<string | undefined> {
  const sent = new Set<string | undefined>();
  const origin = new FrameOrigin((peer, id) => void sent.add(sendFrames(peer, id, random)), {});
  await origin.start();
  const { http, policy } = attached({ http2Only: true }, retryOf(random));
  try {
    for (const got of await Promise.all([1, 2].map(() => outcomeOf(http.get(origin.url))))) {
      if (got === 'hangs') return 'hangs';
      if ('body' in got && !sent.has(got.body))
        return `resolved with ${got.body.length} bytes nobody sent so`;
    }
    return await leftBy(policy, () => origin.openSockets);
  } finally {
    await policy.close({ abort: true });
    await origin.close();
  }
}

/** What is fuzzed, by name. */
export const KINDS: Readonly<Record<string, Kind>> = {
  'answers over HTTP/1.1': http1,
  'replies to CONNECT': connectReplies,
  // Some of these sequences abort a process of Node 20, by an assertion of its nghttp2.
  ...(Number.parseInt(process.versions.node, 10) > 20 ? { 'frames over HTTP/2': http2 } : {}),
};
