import { once } from 'node:events';
import {
  Agent,
  type ClientRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as requestHttp,
} from 'node:http';
import { type ClientHttp2Stream, connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import type { Duplex, Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProxyAddress } from '../../config/resolved.js';
import { headerGetter, requestedDelayMs } from '../../retry/headers.js';
import { type OpenConnection, within } from './connection.js';
import { type AnswerSeen, shownUrl } from './report.js';

/** A resource that is longer says no more about the server. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

const FIELDS =
  /^(?:connection|keep-alive|date|server|via|alt-svc|retry-after(?:-ms)?|x-ms-retry-after-ms|(?:x-)?rate-?limit.*)$/;

/** The head of an answer, as HTTP/1.1 and HTTP/2 have it alike. */
interface AnswerHead {
  readonly protocol: AnswerSeen['protocol'];
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly reused: boolean;
  readonly sentMs: number;
}

/** Reads an answer whose head has just arrived. */
async function readAnswer(url: URL, head: AnswerHead, body: Readable): Promise<AnswerSeen> {
  const firstByteMs = performance.now() - head.sentMs;
  const { bytes, isCut } = await drain(body);
  const fields = Object.entries(head.headers).map(
    ([name, value]) => [name, [value].flat().join(', ')] as const,
  );
  const headers = Object.fromEntries(fields.filter(([name]) => FIELDS.test(name)));
  return {
    protocol: head.protocol,
    status: head.status,
    reused: head.reused,
    firstByteMs,
    bodyMs: performance.now() - head.sentMs - firstByteMs,
    bodyBytes: bytes,
    isCut,
    headers,
    location: locationOf(url, head),
    waitMs: requestedDelayMs(headerGetter(headers), Date.now(), head.status),
  };
}

async function drain(body: Readable): Promise<{ readonly bytes: number; readonly isCut: boolean }> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += (chunk as Buffer).length;
    // Leaving the loop destroys the stream.
    if (bytes > MAX_BODY_BYTES) return { bytes, isCut: true };
  }
  return { bytes, isCut: false };
}

function locationOf(url: URL, { status, headers }: AnswerHead): string | undefined {
  const location = headers.location;
  if (status < 300 || status > 399 || typeof location !== 'string') return undefined;
  return URL.canParse(location, url.href) ? shownUrl(new URL(location, url)) : undefined;
}

/** What is asked. */
export interface Question {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** The proxy that forwards the request; of a tunnel the request knows nothing. */
  readonly forwarder: ProxyAddress | undefined;
  readonly timeoutMs: number;
}

/** The answers, and whether the server closed the connection between them without announcing it. */
export interface Answers {
  readonly answers: AnswerSeen[];
  readonly closesUnannounced: boolean;
}

/** So long the server may take to close a connection that it does not keep. */
const PAUSE_MS = 50;

/** Hands out connections that the probe makes, and keeps them as any agent does. */
class ProbeAgent extends Agent {
  readonly #connect: () => Promise<OpenConnection>;

  constructor(connect: () => Promise<OpenConnection>) {
    super({ keepAlive: true });
    this.#connect = connect;
  }

  override createConnection(
    _options: object,
    done?: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    this.#connect().then(
      ({ socket }) => done?.(null, socket),
      // Node looks at the error first; of its types, there is a socket beside it.
      (error: Error) => (done as ((error: Error) => void) | undefined)?.(error),
    );
  }
}

/** Asks twice over HTTP/1.1, with a pause in which the server may close the connection. */
export async function askOverHttp1(
  question: Question,
  connect: () => Promise<OpenConnection>,
): Promise<Answers> {
  const agent = new ProbeAgent(connect);
  try {
    const first = await askOnce(question, agent);
    await delay(PAUSE_MS);
    try {
      return { answers: [first, await askOnce(question, agent)], closesUnannounced: false };
    } catch (error) {
      if (!(error instanceof LostWhileIdle)) throw error;
      return { answers: [first, await askOnce(question, agent)], closesUnannounced: true };
    }
  } finally {
    agent.destroy();
  }
}

/** A kept connection was closed when the second request came. */
class LostWhileIdle extends Error {}

function askOnce(question: Question, agent: Agent): Promise<AnswerSeen> {
  return inTime(question, async (signal, onHead) => {
    const request = requestOf(question, agent, signal);
    let sentMs = performance.now();
    request.once('socket', () => {
      sentMs = performance.now();
    });
    request.end();
    try {
      const response = await responseTo(request);
      onHead();
      const { statusCode: status = 0, headers } = response;
      const head = { protocol: 'HTTP/1.1', status, headers, reused: request.reusedSocket, sentMs } as const;
      return await readAnswer(question.url, head, response);
    } catch (error) {
      if (request.reusedSocket && !signal.aborted) throw new LostWhileIdle('closed', { cause: error });
      throw error;
    }
  });
}

function requestOf(question: Question, agent: Agent, signal: AbortSignal): ClientRequest {
  const { origin, hostname: host, port, pathname, search } = question.url;
  const path = pathname + search;
  return requestHttp({
    agent,
    host,
    port,
    setHost: false,
    headers: headersFor(question),
    path: question.forwarder === undefined ? path : origin + path,
    signal,
  });
}

function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', reject);
    request.once('upgrade', (_head, socket) => {
      socket.destroy();
      reject(new Error('the answer is 101: it goes on in another protocol'));
    });
  });
}

function headersFor({ url, headers, forwarder }: Question): OutgoingHttpHeaders {
  const authorization = forwarder?.authorization?.reveal();
  return {
    host: url.host,
    ...headers,
    ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }),
  };
}

/** Asks twice over HTTP/2, on one connection. */
export async function askOverHttp2(question: Question, { socket }: OpenConnection): Promise<Answers> {
  const { url, headers } = question;
  const session = connectHttp2(url.origin, { createConnection: () => socket });
  const broken = once(session, 'error').then(([error]) => Promise.reject(error));
  const ask = (reused: boolean) =>
    inTime(question, async (signal, onHead) => {
      const sentMs = performance.now();
      const stream = session.request({ ...headers, ':path': url.pathname + url.search }, { signal });
      stream.end();
      const [fields] = (await Promise.race([once(stream, 'response'), broken, closed(stream)])) as [
        IncomingHttpHeaders,
      ];
      onHead();
      const head = { protocol: 'HTTP/2', status: Number(fields[':status']), headers: fields } as const;
      return readAnswer(url, { ...head, reused, sentMs }, stream);
    });
  try {
    return { answers: [await ask(false), await ask(true)], closesUnannounced: false };
  } finally {
    broken.catch(() => undefined);
    session.destroy();
  }
}

/** Of a stream that ends with its session, there is no error. */
async function closed(stream: ClientHttp2Stream): Promise<never> {
  await once(stream, 'close');
  throw Object.assign(new Error('closed'), { code: 'ECONNRESET' });
}

/** Asks within `client.timeout`. */
function inTime(
  { timeoutMs }: Question,
  ask: (signal: AbortSignal, onHead: () => void) => Promise<AnswerSeen>,
): Promise<AnswerSeen> {
  let what = 'no answer';
  const late = () => {
    const message = `${what} within ${timeoutMs} ms (client.timeout)`;
    return Object.assign(new Error(message), { code: 'ETIMEDOUT', policyCode: undefined });
  };
  return within(timeoutMs, late, (signal) =>
    ask(signal, () => {
      what = 'an answer that did not end';
    }),
  );
}
