import { unbracketed } from '../../config/host.js';
import type { BufferedOptions } from '../../transport/http2/buffered.js';
import type { AxiosInstance, RequestConfig } from '../axios.js';
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
function simpleRequest(
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

/**
 * The headers that axios' http adapter gives a request which has none of its own. They depend on the version of axios,
 * which an instance does not tell, so they are read off the first requests, which axios' adapter makes.
 */
export class AdapterHeaders {
  readonly #bare: AxiosInstance;
  #userAgent: string | undefined;
  #acceptEncoding: string | undefined;
  /** The User-Agent of axios itself, also where every request has a User-Agent of its own. */
  #signature: string | undefined;

  constructor(bare: AxiosInstance) {
    this.#bare = bare;
  }

  /**
   * Begins to watch what axios' adapter adds to a request's headers.
   *
   * @returns to be told of the config as it was sent; `undefined` if there is nothing left to learn.
   */
  watch(before: RequestConfig['headers']): ((sent: RequestConfig | undefined) => void) | undefined {
    if (this.#userAgent !== undefined && this.#acceptEncoding !== undefined) return undefined;
    const lacksAgent = !before.has('User-Agent');
    const lacksEncoding = !before.has('Accept-Encoding');
    return (sent) => {
      if (lacksAgent) this.#userAgent ??= textOf(sent?.headers.get('User-Agent'));
      if (lacksEncoding) this.#acceptEncoding ??= textOf(sent?.headers.get('Accept-Encoding'));
    };
  }

  /** Whether the error of a body that was cut short has a response: since axios 1.16. */
  get errorKeepsPartialResponse(): boolean {
    const [, minor = Number.POSITIVE_INFINITY] = /^axios\/1\.(\d+)\./.exec(this.#signature ?? '') ?? [];
    return Number(minor) >= 16;
  }

  /** Translates a config to a native request; `undefined` if it is not simple. */
  simpleRequest(config: RequestConfig): SimpleRequest | undefined {
    if (this.#signature === undefined) this.#askSignature();
    const own = { userAgent: this.#userAgent, acceptEncoding: this.#acceptEncoding };
    const { params, paramsSerializer } = config;
    const serialize = (url: string) => this.#bare.getUri({ url, params, paramsSerializer } as RequestConfig);
    return simpleRequest(config, own, serialize);
  }

  /** Known a few microtasks later, before any response. The request it takes is not sent. */
  #askSignature(): void {
    this.#signature = '';
    const transport = {
      request: ({ headers }: { headers: Record<string, unknown> }) => {
        this.#signature = textOf(headers['User-Agent']) ?? '';
        throw new Error('not to be sent');
      },
    };
    const asked = { url: 'http://localhost/', adapter: 'http', proxy: false, transport } as const;
    this.#bare.request(asked).catch(() => undefined);
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
