import { unbracketed } from '../../config/host.js';
import type { BufferedOptions } from '../../transport/http2/buffered.js';
import type { RequestConfig } from '../axios.js';
import { axiosTimeoutMs } from '../deadline.js';
import { parse, simpleUrl } from '../url.js';
import type { OwnHeaders } from './headers.js';
import { fieldsOfRequest } from './headers.js';

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
export type SimpleRequest = BufferedOptions;

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

  return {
    protocol: url.protocol === 'https:' ? 'https:' : 'http:',
    hostname: unbracketed(url.hostname),
    port: url.port,
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
