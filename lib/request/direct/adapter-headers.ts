import type { AxiosInstance, RequestConfig } from '../axios.js';
import type { SimpleRequest } from './simple-request.js';
import { simpleRequest } from './simple-request.js';

/**
 * The headers that axios' http adapter gives a request which has none of its own. They depend on the version of axios,
 * which an instance does not tell, so they are read off the first requests, which axios' adapter makes.
 */
export class AdapterHeaders {
  readonly #bare: AxiosInstance;
  #userAgent: string | undefined;
  #acceptEncoding: string | undefined;
  /** How axios calls itself, also where every request has a User-Agent of its own. */
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
      if (lacksAgent) this.#userAgent ??= text(sent?.headers.get('User-Agent'));
      if (lacksEncoding) this.#acceptEncoding ??= text(sent?.headers.get('Accept-Encoding'));
    };
  }

  /** Whether the error of a body that was cut short has a response: since axios 1.16. */
  get errorKeepsPartialResponse(): boolean {
    const [, minor = Number.POSITIVE_INFINITY] = /^axios\/1\.(\d+)\./.exec(this.#signature ?? '') ?? [];
    return Number(minor) >= 16;
  }

  /** {@inheritDoc simpleRequest} */
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
        this.#signature = text(headers['User-Agent']) ?? '';
        throw new Error('not to be sent');
      },
    };
    const asked = { url: 'http://localhost/', adapter: 'http', proxy: false, transport } as const;
    this.#bare.request(asked).catch(() => undefined);
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
