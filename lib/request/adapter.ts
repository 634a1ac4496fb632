import { fieldOf } from '../config/own.js';
import { isCancel } from '../retry/error-predicates.js';
import { IDEMPOTENT_METHODS, isIdempotent } from '../retry/idempotency.js';
import { Attempt } from '../transport/exchange.js';
import type { ConnectionChoice } from '../transport/observe.js';
import { AttemptRun } from './attempt.js';
import type { AxiosResponse, RequestConfig } from './axios.js';
import { keepForm, RequestBody } from './body.js';
import type { Call } from './call.js';
import { callOf } from './call.js';
import { addIdempotencyKey } from './idempotency-key.js';
import { idempotencyOfRequest, seeBehindTransforms } from './outcome.js';
import type { PolicyContext } from './platform.js';
import type { PriorInterceptors } from './prior-interceptors.js';
import type { Resume } from './resumption.js';
import { Resumption } from './resumption.js';
import { urlOf } from './url.js';

// The policy puts its adapter on every request in place of the caller's own: axios runs it behind all request
// interceptors, and it runs one attempt. A retry comes the same way, dispatched below the interceptors.

/** The surroundings of the adapter. */
export interface AdapterParts {
  /** Of now; a request keeps the one that it was made under. */
  readonly context: () => PolicyContext;
  /** The response interceptors in front of ours, if there are any. */
  readonly prior: () => PriorInterceptors | undefined;
  readonly resume: Resume;
}

/** Runs one attempt of a request: the adapter of the policy. */
export function runThroughPolicy(parts: AdapterParts, config: RequestConfig): Promise<AxiosResponse> {
  const call = callOf(config);
  const { loading } = (call?.context ?? parts.context()).connections;
  // Not awaited without need: axios hands a request to Node in the tick of the call.
  return loading === undefined ? begin(parts, call, config) : loading.then(() => begin(parts, call, config));
}

function begin(parts: AdapterParts, call: Call | undefined, config: RequestConfig): Promise<AxiosResponse> {
  // An interceptor that rebuilt the config without unknown keys has taken the request out of the policy.
  if (call === undefined) return runAlone(parts.context(), config);
  prepare(parts, call, config);
  return (call.download === undefined ? run : download)(call, config).then(
    (response) => {
      // Here and not in the response interceptor: one registered before ours may have made something else of it.
      call.accepted();
      return response;
    },
    (error: unknown) => fail(parts, call, config, error),
  );
}

function fail(parts: AdapterParts, call: Call, config: RequestConfig, error: unknown): never {
  // The reason of a cancel token is one object for all requests that share it: by it nobody will find this call again.
  if (call.record.attempts === 1 && isSharedReason(error)) {
    call.restore(config);
    call.record.gaveUp('cancelled');
    call.context.activity.countGiveUp('cancelled');
  }
  seeBehindTransforms(call, config, error);
  parts.prior()?.attemptFailed(call, error);
  throw error;
}

/** Without retries and deadlines, but still over the policy's connections, and no plain http if that is off. */
function runAlone({ bare, connections, platform }: PolicyContext, config: RequestConfig) {
  const attempt = new Attempt();
  attempt.url = urlOf(config);
  return bare.request({
    ...config,
    ...connections.connectionsFor(attempt, config),
    adapter: platform.adapterName(undefined),
    transformRequest: undefined,
    transformResponse: undefined,
  } as RequestConfig);
}

function prepare({ resume }: AdapterParts, call: Call, config: RequestConfig): void {
  const { activity, platform } = call.context;
  call.beginAttempt(config);
  activity.countAttempt();
  if (call.record.attempts === 1) prepareFirst(call, config);
  if (mayResume(call, config))
    call.download ??= platform.downloadOf(config, () => new Resumption(call, config, activity, resume));
}

function prepareFirst(call: Call, config: RequestConfig): void {
  const { budget, context, settings } = call;
  const { client, errors, platform } = context;
  const { retry } = settings;
  void errors.load();
  budget?.request?.(call.origin);
  if (call.body !== undefined) call.body.declaredLength = config.headers.get('Content-Length');
  if (client.userAgent !== undefined) config.headers.set('User-Agent', client.userAgent, false);
  if (retry === false) return;
  if (retry.maxRetries > 0 && typeof config.data === 'object' && config.data !== null) {
    const isHttp = platform.adapterName(call.adapter) === 'http';
    const bytes = keepForm(config, isHttp);
    if (bytes !== undefined) {
      call.body ??= new RequestBody(call.transformRequest, isHttp);
      call.body.snapshot = bytes;
    }
  }
  if (retry.idempotencyKeyHeader !== false) addIdempotencyKey(retry.idempotencyKeyHeader, config);
}

/** Whether the body of its response may be completed by a second one. */
function mayResume({ settings: { retry } }: Call, { method, responseType }: RequestConfig): boolean {
  if (responseType !== 'stream' && responseType !== 'arraybuffer') return false;
  return retry !== false && retry.resume && retry.maxRetries > 0 && /^get$/i.test(method ?? 'get');
}

async function download(call: Call, config: RequestConfig): Promise<AxiosResponse> {
  const { download } = call;
  try {
    const response = await run(call, config);
    return download?.received(response) ?? response;
  } catch (error) {
    throw download === undefined ? error : download.failed(error);
  } finally {
    download?.restore(config);
  }
}

function run(call: Call, config: RequestConfig): Promise<AxiosResponse> {
  return new AttemptRun(call, config, connectionFor(call, config)).start();
}

function connectionFor(call: Call, config: RequestConfig): ConnectionChoice {
  if (call.distrustsIdle) return 'new';
  const { idempotent, retry } = call.settings;
  const isByMethod = idempotent === undefined && (retry === false || retry.idempotent === undefined);
  // No header makes such a request harmful; asked first, because this is before every attempt.
  if (isByMethod && IDEMPOTENT_METHODS.has((config.method ?? 'get').toUpperCase())) return 'any';
  return isIdempotent(idempotencyOfRequest(call.settings, config)) ? 'any' : 'checked';
}

function isSharedReason(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  return fieldOf(error as { config?: unknown }, 'config') === undefined && isCancel(error);
}
