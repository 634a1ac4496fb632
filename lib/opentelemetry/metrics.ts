import type { Attributes, Context, Counter, Histogram, Meter } from '@opentelemetry/api';
import type { AttemptEndMessage, GiveUpMessage, RetryMessage } from '../request/channels.js';
import type { MethodNames } from './attributes.js';
import type { SeriesAttributes } from './bounded.js';

/** Of `http.client.request.duration`, by https://opentelemetry.io/docs/specs/semconv/http/http-metrics/. */
const BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** How the attributes of metrics are named and bounded. */
interface Naming {
  readonly methods: MethodNames;
  readonly series: SeriesAttributes;
}

/** The durations of attempts, and what is counted of requests. */
export class RequestMetrics {
  readonly #naming: Naming;
  readonly #duration: Histogram;
  readonly #retries: Counter;
  readonly #giveUps: Counter;

  constructor(meter: Meter, naming: Naming) {
    this.#naming = naming;
    this.#duration = meter.createHistogram('http.client.request.duration', {
      description: 'Duration of HTTP client requests.',
      unit: 's',
      advice: { explicitBucketBoundaries: BUCKETS_SECONDS },
    });
    this.#retries = meter.createCounter('axios_policy.retries', {
      description: 'Retries of HTTP requests.',
      unit: '{retry}',
    });
    this.#giveUps = meter.createCounter('axios_policy.give_ups', {
      description: 'HTTP requests that a limit kept from being tried again.',
      unit: '{request}',
    });
  }

  /**
   * @param seen what the span of the attempt says of its end.
   * @param context the span's, for exemplars.
   */
  attemptEnded(message: AttemptEndMessage, seen: Attributes, context: Context | undefined): void {
    this.#duration.record(message.durationMs / 1000, { ...this.#attributesOf(message), ...seen }, context);
  }

  retry(message: RetryMessage): void {
    this.#retries.add(1, this.#withReason(message));
  }

  giveUp(message: GiveUpMessage): void {
    this.#giveUps.add(1, this.#withReason(message));
  }

  #attributesOf({ name, method, url }: AttemptEndMessage | RetryMessage | GiveUpMessage): Attributes {
    const { methods, series } = this.#naming;
    return { 'http.request.method': methods.attributeOf(method), ...series.of(name, url) };
  }

  #withReason(message: RetryMessage | GiveUpMessage): Attributes {
    return { ...this.#attributesOf(message), 'axios_policy.reason': message.reason };
  }
}
