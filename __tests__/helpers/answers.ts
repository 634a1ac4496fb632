import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { clearTimeout, setTimeout } from 'node:timers';
import { gzipSync } from 'node:zlib';
import type { RecordedRequest } from './origin.js';
import { onceRead } from './wait.js';

/** One request on its way through the origin. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  recorded: RecordedRequest;
  /** What the request came in on, a TLS socket for https. */
  socket: Socket;
  /** The TCP connection under it: the only one that can send RST. */
  connection: Socket;
}

/** What the origin does with a request. */
export interface Answer {
  /** Whether it begins with the headers of the request already and does not wait for its body. */
  early?: boolean;
  play(exchange: Exchange): void;
}

export interface Reply {
  /** @defaultValue 200 */
  status?: number;
  headers?: OutgoingHttpHeaders;
  /** An object is sent as JSON, a string as text/plain. */
  body?: string | Buffer | object;
}

/** A whole answer with Content-Length. */
export function reply({ status = 200, headers = {}, body = '' }: Reply = {}): Answer {
  const raw = Buffer.isBuffer(body) || typeof body === 'string';
  const bytes = Buffer.from(raw ? body : JSON.stringify(body));
  const type = Buffer.isBuffer(body) ? 'application/octet-stream' : raw ? 'text/plain' : 'application/json';
  return {
    play: ({ response }) => {
      if (bytes.length > 0) response.setHeader('Content-Type', type);
      // RFC 9110, section 8.6: neither may have one.
      if (status !== 204 && status !== 304) response.setHeader('Content-Length', bytes.length);
      response.writeHead(status, headers).end(bytes);
    },
  };
}

/** A redirect without a body. */
export const redirect = (status: number, location: string): Answer =>
  reply({ status, headers: { location } });

/** No answer but RST: the client sees ECONNRESET. */
export const reset = (): Answer => ({ play: ({ connection }) => void connection.resetAndDestroy() });

/** No answer but FIN: the client sees "socket hang up". */
export const hangUp = (): Answer => ({ play: ({ socket }) => void socket.end() });

/** No answer, and the connection stays open. */
export const never = (): Answer => ({ play: () => {} });

/** Stops reading the request's body, so that a large upload comes to a halt, and never answers. */
export const deaf = (): Answer => ({ early: true, play: ({ request }) => void request.pause() });

/** Waits `ms`, then plays `answer`. */
export const slow = (ms: number, answer: Answer = reply()): Answer => ({
  ...answer,
  play: (exchange) => later(exchange, ms, () => answer.play(exchange)),
});

/** An answer that waits until it is released. */
export interface HeldAnswer extends Answer {
  release(): void;
}

/** Plays `answer` once it is released. */
export function held(answer: Answer = reply()): HeldAnswer {
  let release = () => {};
  const isReleased = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { ...answer, play: (exchange) => void isReleased.then(() => answer.play(exchange)), release };
}

/** `answer` at once after the headers of the request, while the body may still be on its way. */
export const early = (answer: Answer): Answer => ({ ...answer, early: true });

/** Whatever no other answer does. The request's body is in `recorded.body`. */
export const handler = (
  handle: (request: IncomingMessage, response: ServerResponse, recorded: RecordedRequest) => void,
): Answer => ({ play: ({ request, response, recorded }) => handle(request, response, recorded) });

export interface Drip {
  pieces: readonly (string | Buffer)[];
  everyMs: number;
  /** Declare the length instead of using chunked encoding. */
  contentLength?: boolean;
  status?: number;
  headers?: OutgoingHttpHeaders;
}

/** Headers and the first piece at once, then another piece every `everyMs`; complete after the last. */
export function drip({ pieces, everyMs, contentLength = false, status = 200, headers = {} }: Drip): Answer {
  const buffers = pieces.map((piece) => Buffer.from(piece));
  const total = buffers.reduce((sum, { length }) => sum + length, 0);
  return {
    play: (exchange) => {
      const { response } = exchange;
      if (contentLength) response.setHeader('Content-Length', total);
      response.writeHead(status, headers).flushHeaders();
      const left = [...buffers];
      const next = () => {
        const piece = left.shift();
        if (left.length === 0) return void response.end(piece);
        response.write(piece);
        later(exchange, everyMs, next);
      };
      next();
    },
  };
}

/** `body` compressed with gzip and sent as `drip` in `pieces` parts. */
export function gzipDrip({
  body,
  pieces,
  everyMs,
}: {
  body: string;
  pieces: number;
  everyMs: number;
}): Answer {
  const bytes = gzipSync(body);
  const size = Math.ceil(bytes.length / pieces);
  const parts = Array.from({ length: pieces }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
  return drip({ pieces: parts, everyMs, headers: { 'Content-Encoding': 'gzip' } });
}

/** Less of a body than its headers declare. */
export interface PartOfBody {
  declared: number;
  sent: number;
  /** @defaultValue 200 */
  status?: number;
  headers?: OutgoingHttpHeaders;
}

/** Headers that declare `declared` bytes, `sent` bytes of body, then silence on an open connection. */
export const stallBody = (part: PartOfBody): Answer => ({
  play: ({ response }) => void beginBody(response, part),
});

/** Headers that declare `declared` bytes, `sent` bytes of body, then the end of the connection. */
export const truncate = ({ how, ...part }: PartOfBody & { how: End }): Answer => ({
  play: (exchange) => beginBody(exchange.response, part, () => finish(exchange, how)),
});

/** The beginning of a head, such as `HTTP/1.1 200 OK\r\nContent-`, then the end of the connection. */
export const partialHead = (text: string, how: End = 'fin'): Answer => raw(text, how);

/** How a connection ends: with FIN or with RST. */
export type End = 'fin' | 'rst';

/** Exactly these bytes in place of an answer; then the connection takes the next request, or ends. */
export const raw = (bytes: string | Buffer, then: End | 'open' = 'open'): Answer => ({
  play: (exchange) => {
    exchange.socket.write(bytes, () => {
      // 'finish' tells Node's server that this request is done, which lets the next one on the connection in.
      if (then === 'open') exchange.response.emit('finish');
      else finish(exchange, then);
    });
  },
});

function beginBody(response: ServerResponse, part: PartOfBody, written?: () => void): void {
  const { declared, sent, status = 200, headers = {} } = part;
  const fields = { 'Content-Type': 'text/plain', 'Content-Length': declared, ...headers };
  response.writeHead(status, fields).flushHeaders();
  response.write('x'.repeat(sent), written);
}

function finish(exchange: Exchange, how: End): void {
  if (how === 'fin') return void exchange.socket.end();
  // RST throws away what the other side has not read yet.
  const cancel = onceRead(() => exchange.connection.resetAndDestroy());
  exchange.connection.once('close', cancel);
}

function later({ connection }: Exchange, ms: number, action: () => void): void {
  const cancel = () => clearTimeout(timer);
  const timer = setTimeout(() => {
    connection.off('close', cancel);
    action();
  }, ms);
  connection.once('close', cancel);
}
