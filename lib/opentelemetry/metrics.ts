import type {
  Attributes,
  BatchObservableResult,
  Context,
  Counter,
  Histogram,
  Meter,
  Observable,
} from '@opentelemetry/api';
import type { PolicyStats } from '../request/activity.js';
import type { AttemptEndMessage, GiveUpMessage, RetryMessage } from '../request/channels.js';
import type { Policy } from '../request/policy.js';
import { BoundedValues, type MethodNames, OTHER_ERROR, type SeriesAttributes } from './attributes.js';

/** Of `http.client.request.duration`, by https://opentelemetry.io/docs/specs/semconv/http/http-metrics/. */
const BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** Statuses and codes of errors; an adapter of the caller's may make up a code for every failure. */
const MAX_ERROR_TYPES = 100;

/** How the attributes of metrics are named and bounded. */
interface Naming {
  readonly methods: MethodNames;
  readonly series: SeriesAttributes;
}

/** The durations of attempts, and what is counted of requests. */
export class RequestMetrics {
  readonly #naming: Naming;
  readonly #errorTypes = new BoundedValues(MAX_ERROR_TYPES);
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
    const attributes = { ...this.#attributesOf(message), ...this.#bounded(seen) };
    this.#duration.record(message.durationMs / 1000, attributes, context);
  }

  retry(message: RetryMessage): void {
    this.#retries.add(1, this.#withReason(message));
  }

  giveUp(message: GiveUpMessage): void {
    this.#giveUps.add(1, this.#withReason(message));
  }

  #bounded(seen: Attributes): Attributes {
    const errorType = seen['error.type'];
    if (errorType === undefined || this.#errorTypes.admits(String(errorType))) return seen;
    return { ...seen, 'error.type': OTHER_ERROR };
  }

  #attributesOf({ name, method, url }: AttemptEndMessage | RetryMessage | GiveUpMessage): Attributes {
    const { methods, series } = this.#naming;
    return { 'http.request.method': methods.attributeOf(method), ...series.of(name, url) };
  }

  #withReason(message: RetryMessage | GiveUpMessage): Attributes {
    return { ...this.#attributesOf(message), 'axios_policy.reason': message.reason };
  }
}

/** The part of a policy that its state is read from. */
export type MeasuredPolicy = Pick<Policy, 'stats'>;

/** A number, and of what it is. */
interface Reading {
  readonly gauge: keyof Gauges;
  /** `https://host:port`. */
  readonly origin: string;
  readonly value: number;
  readonly attributes?: Attributes;
}

type Gauges = ReturnType<typeof createGauges>;

/**
 * The state of policies, read when somebody collects it and at no other time.
 *
 * @param policies looked at with each collection, so that policies may be added to it and taken out.
 * @returns ends it.
 */
export function observePolicies(
  meter: Meter,
  policies: Iterable<MeasuredPolicy>,
  series: SeriesAttributes,
): () => void {
  const gauges = createGauges(meter);
  const observe = (result: BatchObservableResult) => {
    const sums = new Sums();
    for (const policy of policies) {
      const stats = policy.stats();
      for (const { gauge, origin, value, attributes } of readingsOf(stats))
        sums.add(gauges[gauge], { ...series.of(stats.name, origin), ...attributes }, value);
    }
    sums.observe(result);
  };
  const observables: Observable[] = Object.values(gauges);
  meter.addBatchObservableCallback(observe, observables);
  return () => meter.removeBatchObservableCallback(observe, observables);
}

function createGauges(meter: Meter) {
  return {
    connections: meter.createObservableUpDownCounter('axios_policy.connections', {
      description: 'Connections of HTTP/1.1, by their state: active or idle.',
      unit: '{connection}',
    }),
    sessions: meter.createObservableUpDownCounter('axios_policy.http2.sessions', {
      description: 'Connections of HTTP/2, by their state: active, idle, draining or closed.',
      unit: '{session}',
    }),
    streams: meter.createObservableUpDownCounter('axios_policy.http2.streams', {
      description: 'Requests under way over HTTP/2.',
      unit: '{stream}',
    }),
    queued: meter.createObservableUpDownCounter('axios_policy.queued_requests', {
      description: 'Requests that wait for a connection or a stream.',
      unit: '{request}',
    }),
    tokens: meter.createObservableGauge('axios_policy.budget.tokens', {
      description: 'Retries that the budget still allows.',
      unit: '{retry}',
    }),
    capacity: meter.createObservableGauge('axios_policy.budget.capacity', {
      description: 'The most retries that the budget may hold.',
      unit: '{retry}',
    }),
    addresses: meter.createObservableUpDownCounter('axios_policy.addresses', {
      description: 'Addresses that failed lately, by their state: used, ejected, due or probed.',
      unit: '{address}',
    }),
  };
}

function* readingsOf({ pools, http2, budget, addresses }: PolicyStats): Generator<Reading> {
  for (const { origin, active, idle, pending } of pools) {
    yield { gauge: 'connections', origin, value: active, attributes: { 'axios_policy.state': 'active' } };
    yield { gauge: 'connections', origin, value: idle, attributes: { 'axios_policy.state': 'idle' } };
    yield { gauge: 'queued', origin, value: pending };
  }
  for (const { origin, sessions, pending } of http2) {
    yield { gauge: 'queued', origin, value: pending };
    for (const { state, activeStreams } of sessions) {
      yield { gauge: 'sessions', origin, value: 1, attributes: { 'axios_policy.state': state } };
      yield { gauge: 'streams', origin, value: activeStreams };
    }
  }
  for (const { origin, tokens, capacity } of budget) {
    yield { gauge: 'tokens', origin, value: tokens };
    yield { gauge: 'capacity', origin, value: capacity };
  }
  for (const { host, state } of addresses)
    yield {
      gauge: 'addresses',
      origin: `https://${host}`,
      value: 1,
      attributes: { 'axios_policy.state': state },
    };
}

/** Values of equal attributes, added up: of several observations of one series, SDKs keep the last. */
class Sums {
  readonly #sums = new Map<Observable, Map<string, { readonly attributes: Attributes; value: number }>>();

  add(observable: Observable, attributes: Attributes, value: number): void {
    const series = this.#sums.get(observable) ?? new Map();
    this.#sums.set(observable, series);
    const key = JSON.stringify(attributes);
    const sum = series.get(key);
    if (sum === undefined) series.set(key, { attributes, value });
    else sum.value += value;
  }

  observe(result: BatchObservableResult): void {
    for (const [observable, series] of this.#sums) {
      for (const { attributes, value } of series.values()) result.observe(observable, value, attributes);
    }
  }
}
