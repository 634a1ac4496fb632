import {
  type IncomingHttpHeaders,
  type OutgoingHttpHeader,
  type OutgoingHttpHeaders,
  validateHeaderName,
  validateHeaderValue,
} from 'node:http';
import { constants, type IncomingHttpHeaders as Http2Headers } from 'node:http2';
import { fieldOf } from '../../config/own.js';
import { Http2HeaderSizeError } from '../../errors.js';
import type { Http2Target, TransportRequestOptions } from './options.js';
import { isFieldList } from './options.js';

/**
 * Fields about one HTTP/1.1 connection, which make an HTTP/2 message malformed (RFC 9113, section 8.2.2), and `host`,
 * which is a pseudo-header field.
 */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/** Fields that Node's http2 refuses as arrays, because they may occur once only; all else may be a list. */
const isList = (name: string): boolean => name === 'cookie' || name === 'set-cookie';

interface Field {
  readonly name: string;
  readonly value: OutgoingHttpHeader;
}

/** The head of a request: what `http.request` would have sent, for either version of HTTP. */
export class RequestHead {
  readonly method: string;
  readonly path: string;
  readonly target: Http2Target;
  readonly #fields = new Map<string, Field>();

  /**
   * @throws what `http.request` throws for a method, path or header that cannot be sent, with the same codes.
   */
  constructor(target: Http2Target, options: TransportRequestOptions, userAgent?: string) {
    this.target = target;
    this.method = (options.method ?? 'GET').toUpperCase();
    this.path = options.path || '/';
    assertToken(this.method);
    assertPath(this.path);
    for (const [name, value] of entriesOf(options.headers)) this.set(name, value);
    const auth = fieldOf(options, 'auth');
    if (auth && !this.#fields.has('authorization')) {
      this.set('Authorization', `Basic ${Buffer.from(auth).toString('base64')}`);
    }
    if (userAgent !== undefined && !this.#fields.has('user-agent')) this.set('User-Agent', userAgent);
  }

  /** `Host`, or what takes its place: the authority of the target. */
  get authority(): string {
    const host = this.#fields.get('host')?.value;
    return host === undefined ? this.target.authority : String(host);
  }

  get(name: string): OutgoingHttpHeader | undefined {
    const key = name.toLowerCase();
    return key === 'host' ? this.authority : this.#fields.get(key)?.value;
  }

  set(name: string, value: OutgoingHttpHeader | null | undefined | false): void {
    // axios keeps a header that a request took back as null, undefined or false.
    if (value === undefined || value === null || value === false) return;
    const key = keyOf(name);
    if (!Array.isArray(value)) validateHeaderValue(name, String(value));
    else for (const single of value) validateHeaderValue(name, single);
    this.#fields.set(key, { name, value });
  }

  remove(name: string): void {
    this.#fields.delete(name.toLowerCase());
  }

  /** The fields for an HTTP/1.1 request, with their names as they were given. */
  toHttp1(): OutgoingHttpHeaders {
    return Object.fromEntries([...this.#fields.values()].map(({ name, value }) => [name, value]));
  }

  /** The fields for an HTTP/2 request, pseudo-header fields included. */
  toHttp2(): OutgoingHttpHeaders {
    const headers: OutgoingHttpHeaders = {
      [constants.HTTP2_HEADER_METHOD]: this.method,
      [constants.HTTP2_HEADER_SCHEME]: this.target.protocol.slice(0, -1),
      [constants.HTTP2_HEADER_AUTHORITY]: this.authority,
      [constants.HTTP2_HEADER_PATH]: this.path,
    };
    const dropped = this.#connectionFields();
    for (const [name, { value }] of this.#fields) {
      if (dropped.has(name) || (name === 'te' && String(value).toLowerCase() !== 'trailers')) continue;
      headers[name] = joined(name, value);
    }
    return headers;
  }

  /** The fields that stay behind, with those that `Connection` names itself. */
  #connectionFields(): ReadonlySet<string> {
    const connection = this.#fields.get('connection');
    if (connection === undefined) return CONNECTION_FIELDS;
    const dropped = new Set(CONNECTION_FIELDS);
    for (const option of String(connection.value).split(',')) {
      const name = option.trim().toLowerCase();
      if (name !== 'te') dropped.add(name);
    }
    return dropped;
  }
}

/** Fields that are left out or changed, some depending on others. */
const SPECIAL_FIELDS: ReadonlySet<string> = new Set([...CONNECTION_FIELDS, 'te']);

/**
 * The fields that {@link RequestHead.toHttp2} makes of these options, without that detour where none is left out or
 * joined.
 *
 * @throws as the constructor of {@link RequestHead} does.
 */
export function http2HeadOf(
  target: Http2Target,
  options: TransportRequestOptions & { readonly method: string; readonly path: string },
  userAgent?: string,
): OutgoingHttpHeaders {
  const { method, path } = options;
  assertToken(method);
  assertPath(path);
  const head: OutgoingHttpHeaders = {
    [constants.HTTP2_HEADER_METHOD]: method,
    [constants.HTTP2_HEADER_SCHEME]: target.protocol === 'https:' ? 'https' : 'http',
    [constants.HTTP2_HEADER_AUTHORITY]: target.authority,
    [constants.HTTP2_HEADER_PATH]: path,
  };
  const headers = options.headers ?? NO_FIELDS;
  if (isFieldList(headers)) return new RequestHead(target, options, userAgent).toHttp2();
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    const key = keyOf(name);
    if (typeof value !== 'string' || SPECIAL_FIELDS.has(key))
      return new RequestHead(target, options, userAgent).toHttp2();
    validateHeaderValue(name, value);
    head[key] = value;
  }
  if (userAgent !== undefined) head['user-agent'] ??= userAgent;
  return head;
}

/** The head of a response as `IncomingMessage` has it, without pseudo-header fields. */
export class ResponseHead {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
  readonly #received: Http2Headers;

  constructor(received: Http2Headers) {
    this.statusCode = Number(received[constants.HTTP2_HEADER_STATUS]);
    this.headers = fieldsOf(received);
    this.#received = received;
  }

  /** Name and value by turns; made when asked for. */
  get rawHeaders(): string[] {
    return rawFieldsOf(this.#received);
  }

  /**
   * The length of the body according to the headers, if they say it. A response without a body may announce the length
   * it would have had.
   *
   * @param method of the request.
   */
  announcedBytes(method: string): number | undefined {
    if (method === 'HEAD' || this.statusCode === 204 || this.statusCode === 304) return 0;
    const announced = this.headers['content-length'];
    return announced === undefined ? undefined : Number(announced);
  }
}

/** The fields of a response's head or of its trailers, without pseudo-header fields. */
export function fieldsOf(received: Http2Headers): IncomingHttpHeaders {
  const headers: IncomingHttpHeaders = {};
  for (const name of Object.keys(received)) {
    if (name[0] !== ':') headers[name] = received[name];
  }
  return headers;
}

/** The same, name and value by turns. */
export function rawFieldsOf(received: Http2Headers): string[] {
  const fields: string[] = [];
  for (const [name, value] of Object.entries(fieldsOf(received))) {
    for (const single of Array.isArray(value) ? value : [String(value)]) fields.push(name, single);
  }
  return fields;
}

const NO_FIELDS: OutgoingHttpHeaders = {};
const MAX_KEYS = 1000;
const keys = new Map<string, string>();

/** The name of a field as HTTP/2 has it. Names are few and the same for every request, so they are checked but once. */
function keyOf(name: string): string {
  const known = keys.get(name);
  if (known !== undefined) return known;
  validateHeaderName(name);
  const key = name.toLowerCase();
  if (keys.size < MAX_KEYS) keys.set(name, key);
  return key;
}

function joined(name: string, value: OutgoingHttpHeader): OutgoingHttpHeader {
  if (!Array.isArray(value)) return value;
  if (name === 'cookie') return value.join('; ');
  return isList(name) ? value : value.join(', ');
}

function entriesOf(headers: TransportRequestOptions['headers']): [string, OutgoingHttpHeader | undefined][] {
  if (headers === undefined || headers === null) return [];
  if (!isFieldList(headers)) return Object.entries(headers);
  return headers.flatMap((name, i): [string, string | undefined][] =>
    i % 2 === 0 ? [[name, headers[i + 1]]] : [],
  );
}

function assertToken(method: string): void {
  if (/^[\^_`a-zA-Z\-0-9!#$%&'*+.|~]+$/.test(method)) return;
  throw Object.assign(new TypeError(`Method must be a valid HTTP token ["${method}"]`), {
    code: 'ERR_INVALID_HTTP_TOKEN',
  });
}

// The same characters that http.request refuses: they could end the request target and begin another.
function assertPath(path: string): void {
  if (!/[^\u0021-\u00ff]/.test(path)) return;
  throw Object.assign(new TypeError('Request path contains unescaped characters'), {
    code: 'ERR_UNESCAPED_CHARACTERS',
  });
}

/** Size of a field beside its text (RFC 9113, section 6.5.2). */
const FIELD_BYTES = 32;

/**
 * The largest header block that nghttp2 sends. By its own count, which is lower, but for which it would reset the stream
 * with REFUSED_STREAM as if the server had, and end the connection.
 */
const MAX_BLOCK_BYTES = 64 * 1024;

/** Sizes by nghttp2's count: of a field beside its text, and of the block (`nghttp2_hd_deflate_bound`). */
const BLOCK_FIELD_BYTES = 12;
const BLOCK_BYTES = 17;

/**
 * Checks that the header fields of a request can be sent.
 *
 * @param peerLimit SETTINGS_MAX_HEADER_LIST_SIZE of the server.
 * @throws {Http2HeaderSizeError} they are too large for the server or for Node.
 */
export function assertHeaderSize(
  headers: OutgoingHttpHeaders,
  peerLimit: number | undefined,
  target: string,
): void {
  let fields = 0;
  let bytes = 0;
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    const values = Array.isArray(value) ? value.length : 1;
    fields += values;
    bytes += values * name.length + textBytes(value);
  }
  if (bytes + fields * BLOCK_FIELD_BYTES + BLOCK_BYTES > MAX_BLOCK_BYTES)
    throw new Http2HeaderSizeError(target, bytes, `more than the ${MAX_BLOCK_BYTES} that Node sends`);
  const listSize = bytes + fields * FIELD_BYTES;
  if (peerLimit !== undefined && listSize > peerLimit)
    throw new Http2HeaderSizeError(target, listSize, `more than the ${peerLimit} that the server takes`);
}

function textBytes(value: OutgoingHttpHeader | undefined): number {
  if (typeof value === 'string') return value.length;
  if (!Array.isArray(value)) return String(value).length;
  return value.reduce((sum, { length }) => sum + length, 0);
}
