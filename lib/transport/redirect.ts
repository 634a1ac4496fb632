import type {
  Agent,
  ClientRequest,
  IncomingHttpHeaders,
  IncomingMessage,
  OutgoingHttpHeaders,
  RequestOptions,
} from 'node:http';
import nodeHttp from 'node:http';
import nodeHttps from 'node:https';
import { authorityOf, bracketed } from '../config/host.js';
import { fieldOf, keepOut } from '../config/own.js';
import { FailedRequest, follow, SentRequest } from './client-request.js';
import { UNSET_REQUEST } from './unset-options.js';

/** The options of a request as axios makes them, as far as redirects are concerned. */
export interface RedirectableOptions {
  protocol?: string | null | undefined;
  hostname?: string | null | undefined;
  port?: number | string | null | undefined;
  auth?: string | null | undefined;
  path?: string | null | undefined;
  /** By scheme; what follow-redirects takes the agent of the next request from. */
  agents?: { readonly http?: unknown; readonly https?: unknown } | undefined;
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
interface RedirectResponse {
  readonly headers: IncomingHttpHeaders;
  readonly statusCode: number;
}

/** What is known of the request that is redirected. */
interface RedirectedRequest {
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
  /** The header of the request's idempotency key, which no other origin may see either. */
  readonly keyHeader?: string | undefined;
  /** The agent for `https://` at other origins, which have not to see the client certificate either. */
  readonly strangerAgent?: Agent | undefined;
}

type GivenRules = { readonly [K in 'maxRedirects' | 'beforeRedirect' | 'sensitiveHeaders']?: unknown };

/** What a config says of redirects, by its own properties, and what else is confidential about the request. */
export function rulesOf(given: GivenRules, keyHeader?: string, strangerAgent?: Agent): RedirectRules {
  const beforeRedirect = fieldOf(given, 'beforeRedirect');
  return {
    maxRedirects: fieldOf(given, 'maxRedirects') as number | undefined,
    sensitiveHeaders: fieldOf(given, 'sensitiveHeaders'),
    keyHeader,
    strangerAgent,
    ...(typeof beforeRedirect === 'function' ? { beforeRedirect: beforeRedirect as BeforeRedirect } : {}),
  };
}

type BeforeRedirect = NonNullable<RedirectRules['beforeRedirect']>;

/** What no other origin may see, by the rules of the newest axios; `idempotency-key` by ours. */
const CONFIDENTIAL = ['authorization', 'cookie', 'idempotency-key'];
/** A proxy's, and not the origin's that a redirect leads to. */
const PROXY_AUTHORIZATION: ReadonlySet<string> = new Set(['proxy-authorization']);

/** Sends requests, as the module `node:https` does. */
export interface Scheme<Options, Request, Response> {
  request(options: Options, onResponse?: (response: Response) => void): Request;
}

/**
 * The hook of a request whose redirects axios' own follower follows. Old versions of it show credentials to subdomains and
 * to other ports, those for a proxy to everybody, and know nothing of `sensitiveHeaders`; by this they are all as the
 * newest one.
 *
 * @param url of the request; old versions do not tell what was redirected.
 */
export function confidentially(rules: RedirectRules, url: string | undefined): BeforeRedirect {
  const confidential = confidentialNames(rules) ?? new Set(CONFIDENTIAL);
  const beforeRedirect = fieldOf(rules, 'beforeRedirect');
  const first = originOf(url);
  let last = url;
  let ownAgent: unknown;
  return (next, response, request?: RedirectedRequest) => {
    hide(next, request?.url ?? last, confidential);
    last = next.href;
    ownAgent ??= next.agents?.https;
    chooseAgent(next, first, ownAgent, rules);
    beforeRedirect?.(next, response, request as RedirectedRequest);
  };
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
    const scheme = options.protocol === 'https:' ? 'https' : 'http';
    const { maxRedirects } = this.#rules;
    if (maxRedirects === 0) return this.#schemes[scheme].request(options, onResponse);

    const confidential = confidentialNames(this.#rules);
    if (confidential === undefined) return new FailedRequest(badSensitiveHeaders());
    const rules = {
      ...(maxRedirects ? { maxRedirects } : {}),
      beforeRedirect: this.#beforeRedirect(options, confidential),
    };
    return follow(this.#schemes, { ...options, ...rules }, onResponse);
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

  /** In axios' order: its own part, credentials and other confidential headers, the caller's hook. */
  #beforeRedirect(first: Options, confidential: ReadonlySet<string>) {
    const { beforeRedirect: axiosPart } = first;
    const auth = fieldOf(first, 'auth');
    const ownAgent = first.agents?.https;
    const firstOrigin = originOf(`${first.protocol}//${authority(first)}`);
    return (next: RedirectableOptions, response: object, request?: RedirectedRequest) => {
      const ofResponse = response as RedirectResponse;
      axiosPart?.(next, ofResponse, request);
      hide(next, request?.url, confidential);
      chooseAgent(next, firstOrigin, ownAgent, this.#rules);
      const nextOrigin = originOf(next.href);
      // follow-redirects takes credentials off at every redirect; to the origin they were meant for they belong.
      if (auth && nextOrigin !== undefined && nextOrigin === firstOrigin) next.auth = auth;
      fieldOf(this.#rules, 'beforeRedirect')?.(next, ofResponse, request ?? NO_REQUEST);
    };
  }
}

type OnResponse = (response: IncomingMessage) => void;

/** Where the requests of redirects go. */
interface ReplayConnections extends GivenRules {
  readonly httpAgent: Agent;
  readonly httpsAgent: Agent;
  /** A {@link RedirectTransport} where HTTP/2 may be spoken. */
  readonly transport?: unknown;
}

/**
 * A transport for axios whose first request is one that was sent already, and has its response; only what a redirect
 * asks for is sent.
 *
 * @param onResponse is told of the response right before axios is: whoever begins to read it any earlier reads alone.
 */
export function replaying(
  given: ReplayConnections,
  sent: ClientRequest,
  response: IncomingMessage,
  onResponse?: OnResponse,
): unknown {
  let failure: Error | undefined;
  // Where the follower reads no further, nothing that comes after counts.
  if (!response.destroyed)
    sent.once('error', (error) => {
      failure = error;
    });
  const replayed = (toAxios?: OnResponse) => {
    const request = new SentRequest(sent, response, toAxios, failure);
    return onResponse === undefined ? request : request.prependOnceListener('response', onResponse);
  };
  if (given.transport instanceof RedirectTransport) return given.transport.replaying(replayed);
  const scheme = (native: typeof nodeHttp | typeof nodeHttps, ours: Agent) => ({
    request: (
      { agent = ours, ...options }: RequestOptions & RedirectableOptions,
      onNext?: OnResponse,
    ): ClientRequest | SentRequest =>
      native.request({ ...keepOut(UNSET_REQUEST), ...options, agent } as RequestOptions, onNext),
  });
  // The key and the client certificate are the business of the hook on the attempt's own config.
  const schemes = { http: scheme(nodeHttp, given.httpAgent), https: scheme(nodeHttps, given.httpsAgent) };
  return new RedirectTransport(schemes, rulesOf(given)).replaying(replayed);
}

// Types of follow-redirects, and versions before 1.15, know nothing of the request.
const NO_REQUEST: RedirectedRequest = { url: '', method: '', headers: {} };

/** Takes off the next request what the last one had for its own origin: the same scheme, host and port. */
function hide(
  next: RedirectableOptions,
  lastUrl: string | undefined,
  confidential: ReadonlySet<string>,
): void {
  // In absolute form it is for a proxy of axios', whose credentials are on it anew.
  if (!next.path || next.path.startsWith('/')) removeHeaders(next.headers, PROXY_AUTHORIZATION);
  // Of a URL, follow-redirects copies credentials that it does not have, but all objects may.
  next.auth = fieldOf(next, 'auth');
  const origin = originOf(next.href);
  if (origin !== undefined && origin === originOf(lastUrl)) return;
  removeHeaders(next.headers, confidential);
}

/** The client certificate is for the origin that the caller chose. */
function chooseAgent(
  next: RedirectableOptions,
  firstOrigin: string | undefined,
  ownAgent: unknown,
  rules: RedirectRules,
): void {
  const stranger = fieldOf(rules, 'strangerAgent');
  if (stranger === undefined) return;
  const isFirst = firstOrigin !== undefined && originOf(next.href) === firstOrigin;
  next.agents = { ...next.agents, https: isFirst ? ownAgent : stranger };
}

/** @returns `undefined` if `sensitiveHeaders` are no list of names. */
function confidentialNames({ sensitiveHeaders, keyHeader }: RedirectRules): ReadonlySet<string> | undefined {
  const own: unknown = sensitiveHeaders ?? [];
  if (!Array.isArray(own) || !own.every((name) => typeof name === 'string')) return undefined;
  const names = keyHeader === undefined ? own : [...own, keyHeader];
  return new Set([...CONFIDENTIAL, ...names.map((name: string) => name.toLowerCase())]);
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
  return port ? authorityOf(host, port) : bracketed(host);
}

function originOf(url: string | undefined): string | undefined {
  return url !== undefined && URL.canParse(url) ? new URL(url).origin : undefined;
}
