import { unbracketed } from '../../config/host.js';
import type { BufferedOptions } from '../../transport/http2/buffered.js';
import type { AxiosResponse, RequestConfig } from '../axios.js';
import { axiosTimeoutMs } from '../deadline.js';
import { parse, simpleUrl } from '../url.js';

// What a header field may hold (RFC 9110 section 5.5), as a string of latin-1 characters.
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
// One of which every version of axios makes nothing else: no control characters, no white space around it.
const CLEAN_VALUE = /^[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?$/;
const CLEAN_NAME = /^[\w-]+$/;

/** Header fields as `http.request` takes them. */
type HeaderFields = Record<string, string | string[]>;

/** The headers that axios' adapter adds to every request, as far as they are known. */
interface OwnHeaders {
  readonly userAgent: string | undefined;
  readonly acceptEncoding: string | undefined;
}

/**
 * The header fields of a request, with those that axios' adapter adds. They are added to the config's headers too, for
 * that is where axios shows what was sent.
 *
 * @param bodyLength in bytes; `undefined` if there is no body.
 * @returns `undefined` if an own header is needed that is not known yet, or a value is none that can be sent.
 */
function fieldsOfRequest(
  headers: RequestConfig['headers'],
  own: OwnHeaders,
  bodyLength: number | undefined,
): HeaderFields | undefined {
  const fields: HeaderFields = {};
  const names: string[] = [];
  if (!collect(headers, fields, names)) return otherFields(headers, own, bodyLength);
  const add = (name: string, value: string) => {
    if (names.includes(lowerCase(name))) return;
    fields[name] = value;
    headers[name] = value;
  };
  const { userAgent, acceptEncoding } = own;
  if (userAgent !== undefined) add('User-Agent', userAgent);
  else if (!names.includes('user-agent')) return undefined;
  if (bodyLength !== undefined) add('Content-Length', String(bodyLength));
  if (acceptEncoding !== undefined) add('Accept-Encoding', acceptEncoding);
  else if (!names.includes('accept-encoding')) return undefined;
  return fields;
}

/**
 * Collects the fields of headers that are as axios would leave them, and the names of all in lower case.
 *
 * @returns false if axios has to look at them first.
 */
function collect(headers: RequestConfig['headers'], fields: HeaderFields, names: string[]): boolean {
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    const lower = lowerCase(name);
    if (names.includes(lower)) return false;
    names.push(lower);
    // axios has a Content-Type for every request, of which nothing is set for those without a body.
    if (value === undefined && lower === 'content-type') continue;
    if (typeof value !== 'string' || !CLEAN_VALUE.test(value) || !CLEAN_NAME.test(name)) return false;
    fields[name] = value;
  }
  return true;
}

function otherFields(
  headers: RequestConfig['headers'],
  own: OwnHeaders,
  bodyLength: number | undefined,
): HeaderFields | undefined {
  headers.normalize(false);
  if (own.userAgent === undefined && !headers.has('User-Agent')) return undefined;
  if (own.acceptEncoding === undefined && !headers.has('Accept-Encoding')) return undefined;
  headers.set('User-Agent', own.userAgent, false);
  if (bodyLength !== undefined) {
    headers.set('Content-Length', String(bodyLength), false);
    // What becomes of a body without one, with a redirect follower or without, depends on the version of axios.
    if (!headers.get('Content-Length')) return undefined;
  }
  headers.set('Accept-Encoding', own.acceptEncoding, false);
  const fields = headers.toJSON() as HeaderFields;
  return Object.values(fields).every(isFieldValue) ? fields : undefined;
}

function isFieldValue(value: unknown): boolean {
  return Array.isArray(value) ? value.every(isFieldValue) : FIELD_VALUE.test(String(value));
}

/** The headers of a response, of the class that the request's are of. */
export function headersOfResponse(
  { headers: sent }: RequestConfig,
  received: NodeJS.Dict<string | string[]>,
): AxiosResponse['headers'] {
  const headers = new (sent.constructor as new () => RequestConfig['headers'])();
  for (const [name, value] of Object.entries(received)) {
    // axios searches all headers for each; those of Node are in lower case and there but once. Of its own class, an
    // object has methods that some header may be called like.
    if (typeof value === 'string' && CLEAN_VALUE.test(value) && !(name in headers)) headers[name] = value;
    else headers.set(name, value);
  }
  return headers;
}

const MAX_NAMES = 1000;
const lowerCased = new Map<string, string>();

/** The names of headers are few, and the same for every request. */
function lowerCase(name: string): string {
  const known = lowerCased.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  if (lowerCased.size < MAX_NAMES) lowerCased.set(name, lower);
  return lower;
}

/** Options that make a request one for axios' own adapter, if they are set at all. */
const NOT_SIMPLE = [
  'auth',
  'family',
  'formDataHeaderPolicy',
  'http2Options',
  'httpVersion',
  'insecureHTTPParser',
  'lookup',
  'maxRate',
  'onDownloadProgress',
  'onUploadProgress',
  'responseEncoding',
  'sensitiveHeaders',
  'socketPath',
  'transport',
] as const;

const BUFFERED: ReadonlySet<unknown> = new Set([undefined, null, '', 'json', 'text', 'arraybuffer']);

/** A request as `http.request` takes it. */
export interface SimpleRequest extends BufferedOptions {
  /** Host and port as the URL writes them. */
  readonly host: string;
}

/**
 * Translates a config to a native request, if it is of the simple kind: a body that is bytes or text or none, a
 * response that is buffered, nothing that reports progress or limits sizes or rates.
 *
 * @param serialize appends the config's `params` to a path, as axios does.
 * @returns `undefined` if it is not, and axios' own adapter is to make the request.
 */
export function simpleRequest(
  config: RequestConfig,
  own: OwnHeaders,
  serialize: (path: string) => string,
): SimpleRequest | undefined {
  const url = isSimple(config) ? urlOf(config) : undefined;
  const body = bodyOf(config.data);
  if (url === undefined || body === null) return undefined;
  // Before headers are added, which axios does not do to the last for params that cannot be serialized.
  const hasParams = config.params !== undefined && config.params !== null;
  const path = hasParams ? serialized(url, serialize) : url.pathname + url.search;
  if (path === undefined) return undefined;

  // Should axios' adapter make the request after all, it adds the same.
  const headers = fieldsOfRequest(config.headers, own, body?.length);
  if (headers === undefined) return undefined;

  const { host, hostname, port } = url;
  return {
    protocol: url.protocol === 'https:' ? 'https:' : 'http:',
    host,
    hostname: hostname.startsWith('[') ? unbracketed(hostname) : hostname,
    port,
    path,
    method: (config.method ?? 'get').toUpperCase(),
    headers,
    body,
  };
}

function isSimple(config: RequestConfig): boolean {
  const { maxBodyLength, maxContentLength, transitional } = config;
  const isUnlimited = !(Number(maxBodyLength) > -1) && !(Number(maxContentLength) > -1);
  return (
    BUFFERED.has(config.responseType) &&
    isUnlimited &&
    !Number.isNaN(axiosTimeoutMs(config)) &&
    transitional?.advertiseZstdAcceptEncoding !== true &&
    NOT_SIMPLE.every((key) => config[key] == null)
  );
}

/** Node's body, or `null` for what only axios knows to send. */
function bodyOf(data: unknown): Buffer | undefined | null {
  // axios sends nothing for an empty string, and has no Content-Length for it either.
  if (data === undefined || data === null || data === '') return undefined;
  if (typeof data === 'string') return Buffer.from(data, 'utf8');
  if (Buffer.isBuffer(data)) return data;
  return data instanceof ArrayBuffer ? Buffer.from(data) : null;
}

/** The path with the params, or `undefined` if they cannot be serialized: what that is to the caller, axios knows. */
function serialized({ pathname, search }: URL, serialize: (path: string) => string): string | undefined {
  try {
    return serialize(pathname + search);
  } catch {
    return undefined;
  }
}

/** The URL without params, or `undefined` if axios has something to say about it. */
function urlOf(config: RequestConfig): URL | undefined {
  const whole = simpleUrl(config);
  const parsed = whole === undefined ? undefined : parse(whole);
  return parsed?.username === '' && parsed.password === '' ? parsed : undefined;
}
