/**
 * Spans and metrics of OpenTelemetry for every policy of the process.
 * @packageDocumentation
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { diag, type MeterProvider, metrics, type TracerProvider, trace } from '@opentelemetry/api';
import {
  ATTEMPT_CHANNEL,
  type AttemptMessage,
  GIVE_UP_CHANNEL,
  type GiveUpMessage,
  RETRY_CHANNEL,
  type RetryMessage,
} from '../request/channels.js';
import { endAttributes, MethodNames, SeriesAttributes, timingAttributes } from './attributes.js';
import { type MeasuredPolicy, observePolicies, RequestMetrics } from './metrics.js';
import { AttemptSpans } from './spans.js';

const SCOPE = 'axios-policy';

const MAX_ORIGINS = 100;

/** Where spans and metrics go. */
export interface InstrumentationOptions {
  /** @defaultValue the one registered with `@opentelemetry/api` */
  readonly tracerProvider?: TracerProvider;
  /** @defaultValue the one registered with `@opentelemetry/api` by now */
  readonly meterProvider?: MeterProvider;
  /**
   * The policies whose state is measured: connections, HTTP/2 sessions, queue, budget, addresses. It is read when metrics
   * are collected, and at no other time; the list is looked at anew each time, so a `Set` may change.
   * @defaultValue none
   */
  readonly policies?: Iterable<MeasuredPolicy>;
  /**
   * Names and origins that metrics tell apart; all that come later are `_other`, so that a crawler does not make a series
   * per host.
   * @defaultValue 100
   */
  readonly maxOrigins?: number;
}

/**
 * Traces and measures the requests of every policy of the process. Call it once, when the SDK has been started.
 *
 * - A CLIENT span per attempt, child of the span that was active when the request was made, with the attributes of the
 *   stable HTTP conventions; `http.request.resend_count` on every one but the first. Its context is in the headers of
 *   the attempt. It ends when the body has arrived, of a `responseType: 'stream'` when the headers have.
 * - `http.client.request.duration`, per attempt; `axios_policy.retries` and `axios_policy.give_ups`, by
 *   `axios_policy.reason`.
 * - The state of `policies`: connections, HTTP/2 sessions, requests that wait, tokens of the budget, addresses.
 *
 * All of them carry `axios_policy.name`.
 *
 * URLs are without credentials and query. An instrumentation of `node:http` makes spans of the same requests; switch off
 * one of the two.
 *
 * @returns ends it; spans that are open end there and then.
 */
export function instrumentPolicy(options: InstrumentationOptions = {}): () => void {
  const {
    tracerProvider = trace,
    meterProvider = metrics,
    policies = [],
    maxOrigins = MAX_ORIGINS,
  } = options;
  const methods = new MethodNames(process.env);
  const spans = new AttemptSpans(tracerProvider.getTracer(SCOPE), methods);
  const meter = meterProvider.getMeter(SCOPE);
  const series = new SeriesAttributes(maxOrigins);
  const measures = new RequestMetrics(meter, { methods, series });

  const onAttempt = (message: AttemptMessage) => {
    if (message.stage === 'start') {
      spans.start(message);
      return;
    }
    const seen = endAttributes(message);
    const context = spans.end(message.id, { ...seen, ...timingAttributes(message) });
    measures.attemptEnded(message, seen, context);
  };
  const ends = [
    observePolicies(meter, policies, series),
    listen(ATTEMPT_CHANNEL, onAttempt),
    listen(RETRY_CHANNEL, (message: RetryMessage) => measures.retry(message)),
    listen(GIVE_UP_CHANNEL, (message: GiveUpMessage) => measures.giveUp(message)),
  ];
  return () => {
    for (const end of ends) end();
    spans.endAll();
  };
}

/**
 * Has a function called with the messages of a channel. An error of an exporter, a sampler or a propagator is told to
 * OpenTelemetry's diagnostics: thrown to the channel, it would end the process.
 *
 * @returns ends it.
 */
function listen<M>(channel: string, onMessage: (message: M) => void): () => void {
  const listener = (message: unknown) => {
    try {
      onMessage(message as M);
    } catch (error) {
      diag.error(`axios-policy: instrumentation failed on ${channel}`, error);
    }
  };
  subscribe(channel, listener);
  return () => {
    unsubscribe(channel, listener);
  };
}

export type { MeasuredPolicy } from './metrics.js';
