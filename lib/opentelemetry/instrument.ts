import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { MeterProvider, TracerProvider } from '@opentelemetry/api';
import { metrics, trace } from '@opentelemetry/api';
import type { AttemptMessage, GiveUpMessage, RetryMessage } from '../request/channels.js';
import { ATTEMPT_CHANNEL, GIVE_UP_CHANNEL, RETRY_CHANNEL } from '../request/channels.js';
import { endAttributes, MethodNames } from './attributes.js';
import { RequestMetrics } from './metrics.js';
import { AttemptSpans } from './spans.js';

const SCOPE = 'axios-policy';

/** Where spans and metrics go. */
export interface InstrumentationOptions {
  /** @defaultValue the one registered with `@opentelemetry/api` */
  readonly tracerProvider?: TracerProvider;
  /** @defaultValue the one registered with `@opentelemetry/api` by now */
  readonly meterProvider?: MeterProvider;
}

/**
 * Traces and measures the requests of every policy of the process. Call it once, when the SDK has been started.
 *
 * - A CLIENT span per attempt, child of the span that was active when the request was made, with the attributes of the
 *   stable HTTP conventions; `http.request.resend_count` on every one but the first. Its context is in the headers of
 *   the attempt. It ends when the body has arrived, of a `responseType: 'stream'` when the headers have.
 * - `http.client.request.duration`, per attempt; `axios_policy.retries` and `axios_policy.give_ups`, by
 *   `axios_policy.reason`.
 *
 * URLs are without credentials and query. An instrumentation of `node:http` makes spans of the same requests; switch off
 * one of the two.
 *
 * @returns ends it; spans that are open end there and then.
 */
export function instrumentPolicy(options: InstrumentationOptions = {}): () => void {
  const { tracerProvider = trace, meterProvider = metrics } = options;
  const methods = new MethodNames(process.env);
  const spans = new AttemptSpans(tracerProvider.getTracer(SCOPE), methods);
  const measures = new RequestMetrics(meterProvider.getMeter(SCOPE), methods);

  const onAttempt = (message: AttemptMessage) => {
    if (message.stage === 'start') {
      spans.start(message);
      return;
    }
    const seen = endAttributes(message);
    measures.attemptEnded(message, seen, spans.end(message.id, seen));
  };
  const ends = [
    listen(ATTEMPT_CHANNEL, onAttempt),
    listen(RETRY_CHANNEL, (message: RetryMessage) => measures.retry(message)),
    listen(GIVE_UP_CHANNEL, (message: GiveUpMessage) => measures.giveUp(message)),
  ];
  return () => {
    for (const end of ends) end();
    spans.endAll();
  };
}

/** @returns ends it. */
function listen<M>(channel: string, onMessage: (message: M) => void): () => void {
  const listener = (message: unknown) => onMessage(message as M);
  subscribe(channel, listener);
  return () => {
    unsubscribe(channel, listener);
  };
}
