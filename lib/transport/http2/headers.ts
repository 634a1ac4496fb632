import {
  type IncomingHttpHeaders,
  type OutgoingHttpHeader,
  type OutgoingHttpHeaders,
  validateHeaderName,
  validateHeaderValue,
} from 'node:http';
import { constants, type IncomingHttpHeaders as Http2Headers } from 'node:http2';
import { authorityOf, type Http2Target, type TransportRequestOptions } from './options.js';

/** Fields about one HTTP/1.1 connection, which make an HTTP/2 message malformed (RFC 9113, section 8.2.2). */
const CONNECTION_FIELDS = new Set([
  'connection',
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
    if (options.auth && !this.#fields.has('authorization')) {
      this.set('Authorization', `Basic ${Buffer.from(options.auth).toString('base64')}`);
    }
    if (userAgent !== undefined && !this.#fields.has('user-agent')) this.set('User-Agent', userAgent);
  }

  /** `Host`, or what takes its place: the authority of the target. */
  get authority(): string {
    const host = this.#fields.get('host')?.value;
    return host === undefined ? authorityOf(this.target) : String(host);
  }

  get(name: string): OutgoingHttpHeader | undefined {
    const key = name.toLowerCase();
    return key === 'host' ? this.authority : this.#fields.get(key)?.value;
  }

  set(name: string, value: OutgoingHttpHeader | null | undefined | false): void {
    // axios keeps a header that a request took back as null, undefined or false.
    if (value === undefined || value === null || value === false) return;
    validateHeaderName(name);
    for (const single of Array.isArray(value) ? value : [value]) validateHeaderValue(name, String(single));
    this.#fields.set(name.toLowerCase(), { name, value });
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
  #connectionFields(): Set<string> {
    const dropped = new Set([...CONNECTION_FIELDS, 'host']);
    for (const option of String(this.#fields.get('connection')?.value ?? '').split(',')) {
      const name = option.trim().toLowerCase();
      if (name !== 'te') dropped.add(name);
    }
    return dropped;
  }
}

/** The head of a response as `IncomingMessage` has it. */
export interface ResponseHead {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
  /** Name and value by turns. */
  readonly rawHeaders: string[];
}

/** Takes the pseudo-header fields out of the head of a response. */
export function responseHead(received: Http2Headers): ResponseHead {
  return { statusCode: Number(received[constants.HTTP2_HEADER_STATUS]), ...fieldsOf(received) };
}

/** The fields of a response's head or of its trailers, without pseudo-header fields. */
export function fieldsOf(received: Http2Headers): Pick<ResponseHead, 'headers' | 'rawHeaders'> {
  const headers: IncomingHttpHeaders = {};
  const rawHeaders: string[] = [];
  for (const [name, value] of Object.entries(received)) {
    if (value === undefined || name.startsWith(':')) continue;
    headers[name] = value;
    for (const single of Array.isArray(value) ? value : [value]) rawHeaders.push(name, single);
  }
  return { headers, rawHeaders };
}

function joined(name: string, value: OutgoingHttpHeader): OutgoingHttpHeader {
  if (!Array.isArray(value)) return value;
  if (name === 'cookie') return value.join('; ');
  return isList(name) ? value : value.join(', ');
}

function entriesOf(headers: TransportRequestOptions['headers']): [string, OutgoingHttpHeader | undefined][] {
  if (headers === undefined || headers === null) return [];
  if (!Array.isArray(headers)) return Object.entries(headers as OutgoingHttpHeaders);
  const list = headers as readonly string[];
  return list.flatMap((name, i): [string, string | undefined][] =>
    i % 2 === 0 ? [[name, list[i + 1]]] : [],
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
