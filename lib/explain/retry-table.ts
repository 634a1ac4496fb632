/** The table of retries: the product's own decision, asked for every outcome and method. */
import type { ResolvedClient, ResolvedPolicy, ResolvedRetry } from '../config/resolved.js';
import { IDEMPOTENCY_KEY_HEADER, isRetryableStatus } from '../config/retry-parsers.js';
import { decide } from '../retry/decide.js';
import { type Idempotency, idempotencyOf } from '../retry/idempotency.js';
import { mayGrantRetries, mostRetries } from './delays.js';
import { exactTime, rangesText } from './text.js';
import type { RetryTable, RetryTableRow, RetryVerdict } from './types.js';

type Kind = RetryTableRow['kind'];

const KINDS: readonly Kind[] = ['connect', 'status', 'dropped', 'timeout', 'permanent'];
const METHODS = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY', 'PUT', 'DELETE', 'POST', 'PATCH'];
/** No method, because of the brackets; so it stands for all that nobody named. */
const OTHERS = '(others)';
const DEFAULT_STATUSES = 'status 5xx, 429, 408';

/** Each idempotency that requests of a method may have, unless they say it themselves. */
function idempotenciesOf(method: string, retry: ResolvedRetry): Idempotency[] {
  const { idempotent, idempotencyKeyHeader } = retry;
  const isMinted = idempotencyKeyHeader !== false && (method === 'POST' || method === 'PATCH');
  const headers = isMinted ? { [idempotencyKeyHeader]: 'minted' } : {};
  const settings = typeof idempotent === 'function' ? [true, false, undefined] : [idempotent];
  const request = { method, headers, config: {} };
  return settings.map((setting) => idempotencyOf(request, undefined, setting, idempotencyKeyHeader));
}

function isRetried(kind: Kind, method: string, idempotency: Idempotency, retry: ResolvedRetry): boolean {
  // Which statuses are meant is the row's name; the question is whether there are any for the method.
  const anyStatus = () => retry.statuses === undefined || retry.statuses.length > 0;
  return decide({
    kind,
    status: 503,
    method,
    idempotency,
    bodyReplayable: true,
    retries: 0,
    elapsedMs: 0,
    retry: { ...retry, isRetryableStatus: anyStatus },
    backoffMs: () => retry.backoff.initBackoffMs,
    withdraw: () => mayGrantRetries(retry.budget),
    random: () => 0,
  }).retry;
}

function verdictOf(kind: Kind, method: string, retry: ResolvedRetry | false): RetryVerdict {
  if (retry === false) return 'no';
  const answers = idempotenciesOf(method, retry).map((how) => isRetried(kind, method, how, retry));
  if (answers.every(Boolean)) return 'yes';
  return isRetried(kind, method, 'declared', retry) ? 'if-idempotent' : 'no';
}

/** Methods that are treated alike in every row, in the order of the first of each. */
function groupMethods(retry: ResolvedRetry | false): string[][] {
  const named = retry === false ? [] : [...(retry.methods ?? [])];
  const groups = new Map<string, string[]>();
  for (const method of new Set([...METHODS, ...named, OTHERS])) {
    const treatment = KINDS.map((kind) => verdictOf(kind, method, retry)).join();
    const group = groups.get(treatment);
    if (group === undefined) groups.set(treatment, [method]);
    else group.push(method);
  }
  return [...groups.values()];
}

function statusOutcome(retry: ResolvedRetry | false): string {
  if (retry === false) return DEFAULT_STATUSES;
  const { statuses } = retry;
  if (statuses !== undefined) return statuses.length === 0 ? 'any status' : `status ${rangesText(statuses)}`;
  return retry.isRetryableStatus === isRetryableStatus
    ? DEFAULT_STATUSES
    : 'a status that your function accepts';
}

function outcomesOf({ client, retry }: ResolvedPolicy): Readonly<Record<Kind, string>> {
  const limit =
    client.connectTimeoutMs === false ? '' : `, connectTimeout ${exactTime(client.connectTimeoutMs)}`;
  const proxy = client.proxyUrl === false ? '' : ', proxy down';
  return {
    connect: `no connection (refused, DNS${limit}${proxy}): nothing was sent`,
    status: statusOutcome(retry),
    dropped: 'connection dropped, outcome unknown; body cut short',
    timeout: `timeout (${timeoutsOf(client)})`,
    permanent: 'anything else: cancelled, other statuses, bad JSON, certificate refused',
  };
}

function timeoutsOf(client: ResolvedClient): string {
  const { timeoutMs, readTimeoutMs, http1Only, http2KeepAliveIntervalMs } = client;
  const names = [
    timeoutMs === false ? "a request's own" : `timeout ${exactTime(timeoutMs)}`,
    readTimeoutMs === false ? '' : `readTimeout ${exactTime(readTimeoutMs)}`,
    http1Only || http2KeepAliveIntervalMs === false ? '' : 'PING',
  ];
  return names.filter((name) => name !== '').join(', ');
}

function whyNever(retry: ResolvedRetry | false): string {
  if (retry === false) return 'Nothing is retried: retry is false.';
  if (retry.maxRetries === 0) return 'Nothing is retried: maxRetries is 0.';
  if (!mayGrantRetries(retry.budget)) return 'Nothing is retried: budget.maxTokens is less than one retry.';
  return 'Nothing is retried: retryTimeout has no room for initBackoff.';
}

function idempotencyNote({ idempotent, idempotencyKeyHeader }: ResolvedRetry): string {
  const isOwn = idempotencyKeyHeader !== false && idempotencyKeyHeader !== IDEMPOTENCY_KEY_HEADER;
  const header = `${IDEMPOTENCY_KEY_HEADER}${isOwn ? ` or ${idempotencyKeyHeader}` : ''}`;
  const setting = typeof idempotent === 'function' ? 'your function retry.idempotent' : 'retry.idempotent';
  return `Idempotent is what says so: policy.idempotent on the request, a header ${header}, or ${setting}.`;
}

function notesOf({ client, retry }: ResolvedPolicy): string[] {
  const notes: string[] = [];
  if (retry === false || mostRetries(retry) === 0) {
    notes.push(whyNever(retry));
  } else {
    notes.push(idempotencyNote(retry));
    if (retry.shouldRetry) notes.push('Your function shouldRetry may overrule every row; the limits hold.');
    if (retry.retryAfter) {
      notes.push(
        'A wait that the server asks for (Retry-After, RateLimit) is kept, if retryTimeout has room for it.',
      );
    }
    notes.push('The body of a stream is sent once, unless policy.body makes it anew.');
    if (retry.budget !== false) notes.push('An empty budget of the origin ends the retries early.');
  }
  if (client.poolIdleTimeoutMs !== 0 && client.poolMaxIdlePerHost > 0) {
    notes.push(
      'A kept-alive connection lost before a byte of the response: sent again at once, once, not counted, unless the request has policy.idempotent: false.',
    );
  }
  return notes;
}

/** The table of what is tried again under a policy. */
export function retryTableOf(policy: ResolvedPolicy): RetryTable {
  const groups = groupMethods(policy.retry);
  const outcomes = outcomesOf(policy);
  const rows = KINDS.map((kind) => ({
    kind,
    outcome: outcomes[kind],
    verdicts: groups.map(([method = OTHERS]) => verdictOf(kind, method, policy.retry)),
  }));
  const methods = groups.map((group) => group.map((method) => (method === OTHERS ? 'others' : method)));
  return { methods, rows, notes: notesOf(policy) };
}
