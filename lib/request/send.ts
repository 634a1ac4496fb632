import type { ClientRequest, IncomingMessage } from 'node:http';
import { allowsHttp } from '../config/client-parsers.js';
import { fieldOf, withoutPrototype } from '../config/own.js';
import type { PolicyError } from '../errors.js';
import { BodyConsumedError, HttpNotAllowedError } from '../errors.js';
import type { ResponseMessage } from '../resume/download.js';
import type { Attempt } from '../transport/exchange.js';
import type { AttemptConnections } from '../transport/transport.js';
import type { AxiosError, AxiosResponse, RequestConfig } from './axios.js';
import { makesOwnConnections } from './axios.js';
import { typeOfForm } from './body.js';
import type { Call } from './call.js';
import { rememberCall } from './call.js';
import type { AttemptSignal } from './deadline.js';
import { axiosTimeoutMs } from './deadline.js';
import type { PolicyContext } from './platform.js';
import { isStreamLike, noteSent, wasRead } from './streams.js';
import { plainHttpUrl, urlOf } from './url.js';

// An attempt is sent in one of three ways: a simple request directly on the native client, any other through one of
// axios' adapters with our agents on its config, or through the caller's own adapter, which gets the very config that it
// would get without us. A request for an `http://` URL that is not allowed is refused before any of them.

/** An attempt, as far as sending it goes. */
export interface SentAttempt {
  readonly context: PolicyContext;
  readonly call: Call;
  readonly config: RequestConfig;
  /** As the transport sees it. */
  readonly observed: Attempt;
  readonly signal: AttemptSignal;
  /** Takes off the config what a caller's own adapter needed on it. */
  restoreConfig: (() => void) | undefined;
}

/**
 * Sends it through the adapter that was chosen for it.
 *
 * @throws at once what the caller's own adapter does.
 */
export function sendThroughAdapter(attempt: SentAttempt): Promise<AxiosResponse> {
  const { call, config, context, signal } = attempt;
  const { bare, client, platform } = context;
  const { adapter } = call;
  const named = platform.adapterName(adapter);
  // The agents would refuse it too, as they do after a redirect; but mocks and fetch know nothing of agents.
  const plain = client.allowHttp === true ? undefined : plainHttpUrl(config, bare);
  if (plain !== undefined && !allowsHttp(client.allowHttp, plain.hostname, plain.port)) {
    return refuse(attempt, new HttpNotAllowedError(plain.host, typeof client.allowHttp === 'object'));
  }
  if (typeof adapter !== 'function') {
    const copy = copyForAxios(attempt, named);
    return claimBody(attempt, copy.data)
      ? sendThroughAxios(attempt, named, copy)
      : refuse(attempt, new BodyConsumedError());
  }
  const own: Partial<RequestConfig> = connectionsFor(attempt, named) as object;
  own.signal = signal.signal;
  attempt.restoreConfig = lend(call, config, own);
  return claimBody(attempt, config.data) ? adapter(config) : refuse(attempt, new BodyConsumedError());
}

/** @returns whether a body may be read by this attempt: of a stream that another one read, only a part is left. */
function claimBody({ call, signal }: SentAttempt, data: unknown): boolean {
  if (!isStreamLike(data)) return true;
  if (wasRead(data)) return false;
  if (!signal.aborted) noteSent(data, call.body?.snapshot);
  return true;
}

/** Fails with an error of ours, as an AxiosError. */
export async function refuse({ config, context }: SentAttempt, error: PolicyError): Promise<never> {
  const { errors } = context;
  await errors.load();
  throw errors.wrap(error, config);
}

async function sendThroughAxios(
  { config, context }: SentAttempt,
  named: RequestConfig['adapter'],
  copy: RequestConfig,
): Promise<AxiosResponse> {
  const { bare, connections } = context;
  const learn = named === 'http' ? connections.direct?.watch(config.headers) : undefined;
  if (learn === undefined) return bare.request(copy);
  try {
    const response = await bare.request(copy);
    learn(response.config);
    return response;
  } catch (error) {
    learn((error as AxiosError | undefined)?.config);
    throw error;
  }
}

/** Lets axios' adapter make something of a response to a request that was sent directly. */
export async function finishThroughAxios(
  attempt: SentAttempt,
  request: ClientRequest,
  response: IncomingMessage,
): Promise<AxiosResponse> {
  const { context, observed } = attempt;
  const { bare, connections } = context;
  const copy = copyForAxios(attempt, 'http');
  const given = copy as AttemptConnections;
  const replay = connections.direct?.replay(given, request, response, observed.onResponse);
  try {
    return await bare.request({ ...copy, transport: replay } as RequestConfig);
  } catch (error) {
    // Where no redirects are followed, an error has the request of the transport, which is a stand-in here.
    const failed = error as { request?: { readonly sent?: unknown } } | undefined;
    if (failed?.request?.sent === request) failed.request = request as object;
    throw error;
  }
}

/** The body of an attempt: a form itself at first, which only an adapter knows to send, and its bytes from then on. */
function bodyOf({ body, sends }: Call, { data, headers }: RequestConfig): unknown {
  if (body?.snapshot === undefined || (sends <= 1 && !wasRead(data))) return data;
  headers.setContentType(typeOfForm(data) ?? null);
  return body.snapshot;
}

/** The config for one attempt through one of axios' own adapters: the caller's, with our agents and signal. */
function copyForAxios(attempt: SentAttempt, named: RequestConfig['adapter']): RequestConfig {
  const { call, config, signal } = attempt;
  // Read by us as well as by axios, and holding what the caller said alone.
  return withoutPrototype({
    ...config,
    ...connectionsFor(attempt, named),
    ...watchDownload(attempt, named),
    signal: signal.signal,
    data: bodyOf(call, config),
    adapter: named,
    policy: undefined,
    // The attempt has a clock of its own. A timeout that is no number is left for axios to complain of.
    timeout: Number.isNaN(axiosTimeoutMs(config)) ? config.timeout : 0,
    // The outer dispatch has done the one and will do the other.
    transformRequest: undefined,
    transformResponse: undefined,
  } as RequestConfig);
}

function connectionsFor(
  { call, config, context, observed }: SentAttempt,
  named: RequestConfig['adapter'],
): Partial<AttemptConnections> {
  const { retry } = call.settings;
  if (named !== 'http' && makesOwnConnections(named)) {
    context.unsupported.note(named, call.settings);
    return {};
  }
  observed.url = urlOf(config);
  if (retry !== false) observed.keyHeader = retry.idempotencyKeyHeader || undefined;
  return context.connections.connectionsFor(observed, config);
}

/** Lets a download see the responses before axios does. Other adapters than `http` have none to see. */
function watchDownload(
  { call, observed, signal }: SentAttempt,
  named: RequestConfig['adapter'],
): Partial<RequestConfig> {
  const { download } = call;
  if (named !== 'http' || download === undefined) return {};
  observed.onResponse = (message) => {
    if (!download.onResponse(message as ResponseMessage)) signal.abort();
  };
  return download.overrides();
}

/**
 * Puts our agents and signal on the config that a caller's own adapter (a mock, a cache) gets.
 *
 * @returns takes them off again.
 */
function lend(call: Call, config: RequestConfig, own: Partial<RequestConfig>): () => void {
  const lent = Object.entries(own);
  const before: Partial<RequestConfig> = {};
  const { data } = config;
  const body = bodyOf(call, config);
  if (body !== data) config.data = body;
  for (const [key, value] of lent) {
    if (Object.hasOwn(config, key)) Reflect.set(before, key, Reflect.get(config, key));
    Reflect.set(config, key, value);
  }
  return () => {
    if (data !== undefined) config.data = data;
    for (const [key] of lent) {
      if (Object.hasOwn(before, key)) Reflect.set(config, key, Reflect.get(before, key));
      else Reflect.deleteProperty(config, key);
    }
  };
}

/** Makes a result of axios point to the caller's config instead of the copy, with the headers that were really sent. */
export function showCallersConfig({ call, config, signal }: SentAttempt, result: unknown): void {
  if (typeof result !== 'object' || result === null) return;
  const holder: { config?: RequestConfig } = result;
  const sent = fieldOf(holder, 'config');
  if (sent !== undefined && signal.isOf(sent)) {
    config.headers = sent.headers;
    holder.config = config;
  } else if (sent !== config && result instanceof Error) {
    rememberCall(result, call);
  }
}
