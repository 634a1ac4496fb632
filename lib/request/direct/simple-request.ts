import type { RequestConfig } from '../axios.js';
import { axiosTimeoutMs } from '../deadline.js';
import { commonUrl, parse } from '../url.js';
import type { HeaderFields, OwnHeaders } from './headers.js';
import { fieldsOfRequest } from './headers.js';

/** What makes a request one for axios' own adapter, if it is set at all. */
const UNCOMMON = [
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
export interface PlainRequest {
  readonly protocol: 'http:' | 'https:';
  readonly hostname: string;
  readonly port: string;
  readonly path: string;
  readonly method: string;
  readonly headers: HeaderFields;
  readonly body: Buffer | undefined;
}

/**
 * Translates a config to a native request, if it is of the common kind: a body that is bytes or text or none, a
 * response that is buffered, nothing that reports progress or limits sizes or rates.
 *
 * @param serialize appends the config's `params` to a path, as axios does.
 * @returns `undefined` if it is not, and axios' own adapter is to make the request.
 */
export function plainRequest(
  config: RequestConfig,
  own: OwnHeaders,
  serialize: (path: string) => string,
): PlainRequest | undefined {
  const url = isCommon(config) ? urlOf(config) : undefined;
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
    protocol: url.protocol as 'http:' | 'https:',
    hostname: url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname,
    port: url.port,
    path,
    method: (config.method ?? 'get').toUpperCase(),
    headers,
    body,
  };
}

function isCommon(config: RequestConfig): boolean {
  const { maxBodyLength, maxContentLength, transitional } = config;
  const isUnlimited = !(Number(maxBodyLength) > -1) && !(Number(maxContentLength) > -1);
  const wantsZstd = (transitional as { advertiseZstdAcceptEncoding?: boolean } | undefined)
    ?.advertiseZstdAcceptEncoding;
  return (
    BUFFERED.has(config.responseType) &&
    isUnlimited &&
    !Number.isNaN(axiosTimeoutMs(config)) &&
    wantsZstd !== true &&
    UNCOMMON.every((key) => (config as unknown as Record<string, unknown>)[key] == null)
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
  const whole = commonUrl(config);
  const parsed = whole === undefined ? undefined : parse(whole);
  return parsed?.username === '' && parsed.password === '' ? parsed : undefined;
}
