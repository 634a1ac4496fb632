import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { wrap } from 'follow-redirects';
import { FailedRequest } from './failed-request.js';

/** The options of a request as axios makes them, as far as redirects are concerned. */
export interface RedirectableOptions {
  protocol?: string | null | undefined;
  hostname?: string | null | undefined;
  port?: number | string | null | undefined;
  auth?: string | null | undefined;
  headers?: OutgoingHttpHeaders | readonly string[] | undefined;
  /** The URL a redirect leads to; set by follow-redirects. */
  href?: string | undefined;
  /** axios' own part in a redirect. */
  beforeRedirect?(
    options: RedirectableOptions,
    response: RedirectResponse,
    request?: RedirectedRequest,
  ): void;
}

/** What is known of the response that redirects. */
export interface RedirectResponse {
  readonly headers: IncomingHttpHeaders;
  readonly statusCode: number;
}

/** What is known of the request that is redirected. */
export interface RedirectedRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: OutgoingHttpHeaders;
}

/** What the config of a request says of redirects; names and meanings are axios'. */
export interface RedirectRules {
  /** 0 = redirects are not followed; `undefined` = as many as follow-redirects does. */
  readonly maxRedirects?: number | undefined;
  /** Called before a redirect is followed; may change the options of the next request, or throw to end it here. */
  beforeRedirect?(options: RedirectableOptions, response: RedirectResponse, request: RedirectedRequest): void;
  /** Names of headers that no other origin may see. */
  readonly sensitiveHeaders?: unknown;
}

/** Something to send requests through, as the module `node:https` is. */
export interface Scheme<Options, Request, Response> {
  request(options: Options, onResponse?: (response: Response) => void): Request;
}

/**
 * Follows redirects as axios does, which leaves that out when it is given a transport of somebody else's. One per
 * request, because the rules are the request's own.
 */
export class RedirectTransport<Options extends RedirectableOptions, Request, Response> {
  readonly #schemes: {
    readonly http: Scheme<Options, Request, Response>;
    readonly https: Scheme<Options, Request, Response>;
  };
  readonly #rules: RedirectRules;

  constructor(
    schemes: {
      readonly http: Scheme<Options, Request, Response>;
      readonly https: Scheme<Options, Request, Response>;
    },
    rules: RedirectRules,
  ) {
    this.#schemes = schemes;
    this.#rules = rules;
  }

  /**
   * Sends a request and follows where its response leads; to be called by axios, as `config.transport.request`.
   *
   * Sensitive headers that are no list of strings fail the request with `ERR_BAD_OPTION_VALUE`, as axios has it.
   */
  request(options: Options, onResponse: (response: Response) => void) {
    const scheme = options.protocol === 'http:' ? 'http' : 'https';
    const { maxRedirects } = this.#rules;
    if (maxRedirects === 0) return this.#schemes[scheme].request(options, onResponse);

    const sensitive = sensitiveNames(this.#rules.sensitiveHeaders);
    if (sensitive === undefined) return new FailedRequest(badSensitiveHeaders());
    const rules = {
      ...(maxRedirects ? { maxRedirects } : {}),
      sensitiveHeaders: [...sensitive],
      beforeRedirect: this.#beforeRedirect(options, sensitive),
    };
    return wrap({ ...this.#schemes })[scheme].request({ ...options, ...rules }, onResponse);
  }

  /**
   * The same for a request that was sent already, and has its response; only what a redirect asks for is sent.
   *
   * @param sent stands in for the first request.
   */
  replaying(sent: (onResponse: ((response: Response) => void) | undefined) => Request): this {
    let isFirst = true;
    const scheme = (original: Scheme<Options, Request, Response>) => ({
      request: (options: Options, onResponse?: (response: Response) => void) => {
        if (!isFirst) return original.request(options, onResponse);
        isFirst = false;
        return sent(onResponse);
      },
    });
    const { http, https } = this.#schemes;
    return new RedirectTransport({ http: scheme(http), https: scheme(https) }, this.#rules) as this;
  }

  /** In axios' order: its own part, the credentials, the sensitive headers, the caller's hook. */
  #beforeRedirect(first: Options, sensitive: ReadonlySet<string>) {
    const { beforeRedirect: axiosPart, auth } = first;
    const firstOrigin = originOf(`${first.protocol}//${authority(first)}`);
    return (next: RedirectableOptions, response: object, request?: RedirectedRequest) => {
      const ofResponse = response as RedirectResponse;
      axiosPart?.(next, ofResponse, request);
      const nextOrigin = originOf(next.href);
      // follow-redirects takes credentials off at every redirect; to the origin they were meant for they belong.
      if (auth && nextOrigin !== undefined && nextOrigin === firstOrigin) next.auth = auth;
      if (nextOrigin === undefined || nextOrigin !== originOf(request?.url))
        removeHeaders(next.headers, sensitive);
      this.#rules.beforeRedirect?.(next, ofResponse, request ?? NO_REQUEST);
    };
  }
}

// Types of follow-redirects, and versions before 1.15, know nothing of the request.
const NO_REQUEST: RedirectedRequest = { url: '', method: '', headers: {} };

function sensitiveNames(value: unknown): ReadonlySet<string> | undefined {
  if (value === undefined || value === null) return new Set();
  if (!Array.isArray(value) || !value.every((name) => typeof name === 'string')) return undefined;
  return new Set(value.map((name: string) => name.toLowerCase()));
}

function badSensitiveHeaders(): Error {
  return Object.assign(new TypeError('sensitiveHeaders must be an array of strings'), {
    code: 'ERR_BAD_OPTION_VALUE',
  });
}

function removeHeaders(headers: RedirectableOptions['headers'], names: ReadonlySet<string>): void {
  if (headers === undefined) return;
  const fields = headers as OutgoingHttpHeaders;
  for (const name of Object.keys(fields)) {
    if (names.has(name.toLowerCase())) delete fields[name];
  }
}

function authority({ hostname, port }: RedirectableOptions): string {
  const host = hostname ?? 'localhost';
  return `${host.includes(':') ? `[${host}]` : host}${port ? `:${port}` : ''}`;
}

function originOf(url: string | undefined): string | undefined {
  return url !== undefined && URL.canParse(url) ? new URL(url).origin : undefined;
}
