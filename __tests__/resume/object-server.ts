import { createCipheriv, createHash } from 'node:crypto';
import type { OutgoingHttpHeaders } from 'node:http';
import { type Answer, type Exchange, handler, reply } from '../helpers/origin.js';
import { onceRead } from '../helpers/wait.js';

/** What a server that stores one object does with a request. By default, what RFC 9110 says. */
export interface Serving {
  /** Ends the connection after this many bytes of this response's body. */
  cutAfter?: number;
  /** How: with RST, with FIN, or not at all, but with silence. @defaultValue 'rst' */
  how?: 'rst' | 'fin' | 'stall';
  /** @defaultValue `"v1"` */
  etag?: string | null;
  /** @defaultValue 'bytes' */
  acceptRanges?: string | null;
  /** Answers 200 with everything, whatever range is asked for. */
  ignoresRange?: boolean;
  /** Sends another part than it is asked for: offsets to begin and end (inclusive) at. */
  part?: readonly [number, number];
  /** Leaves this many bytes of the part out, and ends the response as if it were whole. */
  dropsLast?: number;
  /** On top of the others, or in place of them; `null` leaves one out. */
  headers?: Record<string, string | number | null>;
  /** Sends no Content-Length. */
  chunked?: boolean;
}

const PIECE = 64 * 1024;

/** Answers with the object, or with the part of it that is asked for. */
export function serve(object: Buffer | string, serving: Serving = {}): Answer {
  const bytes = Buffer.from(object);
  return {
    play: (exchange) => {
      const { etag = '"v1"', acceptRanges = 'bytes', dropsLast = 0, chunked = false } = serving;
      const [first, last] = partOf(exchange, bytes.length, serving, etag);
      const isPart =
        first > 0 || last < bytes.length - 1 || (serving.part !== undefined && !serving.ignoresRange);
      const body = bytes.subarray(first, last + 1 - dropsLast);
      const fields: Record<string, string | number | null> = {
        'Content-Type': 'application/octet-stream',
        'Content-Length': chunked ? null : body.length,
        'Content-Range': isPart ? `bytes ${first}-${last}/${bytes.length}` : null,
        ETag: etag,
        'Accept-Ranges': acceptRanges,
        ...serving.headers,
      };
      const headers = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
      exchange.response.writeHead(isPart ? 206 : 200, headers as OutgoingHttpHeaders).flushHeaders();
      send(exchange, body, serving);
    },
  };
}

/** Offsets of the first and the last byte to send. */
function partOf(
  { recorded: { headers } }: Exchange,
  size: number,
  { ignoresRange, part }: Serving,
  etag: string | null,
): readonly [number, number] {
  if (part !== undefined) return part;
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
  const isAsked = from !== undefined && !ignoresRange && (headers['if-range'] ?? etag) === etag;
  return isAsked ? [Number(from), Math.min(to ? Number(to) : size, size - 1)] : [0, size - 1];
}

function send({ response, connection, socket }: Exchange, body: Buffer, { cutAfter, how = 'rst' }: Serving) {
  const end = Math.min(cutAfter ?? body.length, body.length);
  let sent = 0;
  const next = () => {
    const piece = body.subarray(sent, Math.min(sent + PIECE, end));
    sent += piece.length;
    if (sent < end) return void response.write(piece, next);
    if (cutAfter === undefined) return void response.end(piece);
    response.write(piece, () => {
      if (how === 'fin') socket.end();
      // RST throws away what the other side has not read yet.
      else if (how === 'rst') onceRead(() => connection.resetAndDestroy());
    });
  };
  next();
}

/** A 416 that tells the size of the object. */
export const unsatisfiable = (size: number, headers: OutgoingHttpHeaders = {}): Answer =>
  handler((_request, response) => {
    response.writeHead(416, { 'Content-Range': `bytes */${size}`, 'Content-Length': 0, ...headers }).end();
  });

/** Bytes that look random, and are the same each time. */
export function pseudoRandomBytes(length: number, seed = 1): Buffer {
  const key = Buffer.alloc(16, seed);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

/** For the comparison of large bodies: jest would print both. */
export const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** A small object. */
export const OBJECT = 'Hello World!';

/** What a server may send in place of the rest of {@link OBJECT} behind its first five bytes, by name. */
export const NOT_THE_REST: readonly [string, Answer][] = [
  ['another ETag', serve('HELLO WORLD!', { etag: '"v2"', part: [5, 11] })],
  ['the whole of another object', serve('HELLO WORLD!', { etag: '"v2"' })],
  ['no ETag', serve(OBJECT, { headers: { ETag: null } })],
  ['another size', serve(`${OBJECT}!`, { part: [5, 12] })],
  ['a later part', serve(OBJECT, { part: [6, 11] })],
  ['a 412', reply({ status: 412 })],
  ['a 416', unsatisfiable(3)],
];
