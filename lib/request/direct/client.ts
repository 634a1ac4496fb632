import { allowsHttp } from '../../config/client-parsers.js';
import type { ResolvedClient } from '../../config/resolved.js';
import type { Transport } from '../../transport/transport.js';
import type { AxiosInstance, RequestConfig } from '../axios.js';
import type { AdapterVersion, DirectAttempt } from './exchange.js';
import { Http1DirectExchange } from './exchange.js';
import { requestOverHttp2 } from './http2-exchange.js';
import type { SimpleRequest } from './simple-request.js';
import { simpleRequest } from './simple-request.js';

/** Connections, as far as simple requests need them. */
type DirectTransport = Pick<Transport, 'agentFor' | 'http2For' | 'replay'>;

/** The native client, for requests that need nothing of axios' adapter. */
export class DirectClient {
  readonly #transport: DirectTransport;
  readonly #allowHttp: ResolvedClient['allowHttp'];
  readonly #adapter: AdapterHeaders;

  /** @param bare of the copy of axios that made the instance. */
  constructor(transport: DirectTransport, allowHttp: ResolvedClient['allowHttp'], bare: AxiosInstance) {
    this.#transport = transport;
    this.#allowHttp = allowHttp;
    this.#adapter = new AdapterHeaders(bare);
  }

  /**
   * Sends an attempt, if it is one of a simple request.
   *
   * @returns whether it is, and the attempt will be told.
   */
  send(attempt: DirectAttempt): boolean {
    const { config } = attempt;
    const request = this.#adapter.simpleRequest(config);
    if (request === undefined || this.#isRefused(request)) return false;
    const chosen = this.#transport.agentFor(request, config);
    if (chosen === undefined) return this.#sendOverHttp2(request, attempt);
    new Http1DirectExchange(request, attempt, this.#adapter, chosen).send();
    return true;
  }

  #isRefused({ protocol, hostname, port }: SimpleRequest): boolean {
    if (protocol === 'https:' || this.#allowHttp === true) return false;
    return !allowsHttp(this.#allowHttp, hostname, port);
  }

  #sendOverHttp2(request: SimpleRequest, attempt: DirectAttempt): boolean {
    const client = this.#transport.http2For(request, attempt.config);
    if (client === undefined || attempt.mayResume) return false;
    return requestOverHttp2(client, request, attempt, this.#adapter);
  }

  /** {@inheritDoc AdapterHeaders.watch} */
  watch(before: RequestConfig['headers']): ReturnType<AdapterHeaders['watch']> {
    return this.#adapter.watch(before);
  }

  /** {@inheritDoc Transport.replay} */
  replay(...replayed: Parameters<Transport['replay']>): unknown {
    return this.#transport.replay(...replayed);
  }
}

/**
 * The headers that axios' http adapter gives a request which has none of its own. They depend on the version of axios,
 * which an instance does not tell, so they are read off the first requests, which axios' adapter makes.
 */
class AdapterHeaders implements AdapterVersion {
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

  /** {@inheritDoc AdapterVersion.errorKeepsPartialResponse} Since axios 1.16. */
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
