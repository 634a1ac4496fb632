import { context, diag, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  AggregationTemporality,
  type HistogramMetricData,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type SumMetricData,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import type { AxiosInstance } from 'axios';
import axios from 'axios';
import { attachPolicy, type ClientConfig, type Policy, type RetryConfig } from '../lib/index.js';
import { instrumentPolicy } from '../lib/opentelemetry/index.js';
import { failureOf } from './helpers/attached.js';
import { AXIOS_COPIES } from './helpers/axios-copies.js';
import { ca } from './helpers/certs.js';
import { atEnd } from './helpers/cleanup.js';
import { closedPort } from './helpers/faults.js';
import { startHttp2Origin } from './helpers/http2-origin.js';
import { drip, never, type Origin, reply, reset, slow, startOrigin, truncate } from './helpers/origin.js';
import { until } from './helpers/wait.js';

const spanExporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spanExporter)] });
const tracer = tracerProvider.getTracer('test');

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
});

afterAll(async () => {
  context.disable();
  propagation.disable();
  trace.disable();
  await tracerProvider.shutdown();
});

afterEach(() => spanExporter.reset());

/** The spans of attempts that have ended. */
const spans = (): ReadableSpan[] =>
  spanExporter.getFinishedSpans().filter(({ kind }) => kind === SpanKind.CLIENT);

const unavailable = () => reply({ status: 503 });

interface Options {
  client?: ClientConfig;
  retry?: RetryConfig | false;
  from?: { create(): AxiosInstance };
  provider?: BasicTracerProvider;
}

interface Started {
  origin: Origin;
  http: AxiosInstance;
  host: { 'axios_policy.name': string; 'server.address': string; 'server.port': number };
  policy: Policy;
  /** Ends the instrumentation. */
  stop: () => void;
}

async function start(options: Options = {}): Promise<Started> {
  const { client, retry, from = axios, provider = tracerProvider } = options;
  const stop = instrumentPolicy({ tracerProvider: provider });
  atEnd(stop);
  const origin = await startOrigin({ tls: true });
  const http = from.create();
  http.defaults.baseURL = origin.url;
  const backoff = { initBackoff: 1, maxBackoff: 2 };
  const policy = attachPolicy(http, {
    name: 'prices',
    client: { tls: { ca }, ...client },
    retry: retry === false ? false : { backoff, ...retry },
  });
  atEnd(() => policy.close({ abort: true }));
  return {
    origin,
    http,
    policy,
    stop,
    host: { 'axios_policy.name': 'prices', 'server.address': 'localhost', 'server.port': origin.port },
  };
}

describe.each(AXIOS_COPIES)('spans, with $name', ({ axios }) => {
  it('are one per attempt, with the attributes of the HTTP conventions', async () => {
    const { origin, http, host } = await start({ from: axios });
    origin.enqueue(unavailable());
    await http.get('/users?id=1');
    const common = {
      ...host,
      'http.request.method': 'GET',
      'url.full': `${origin.url}/users`,
      'network.protocol.version': '1.1',
    };
    const seconds = (...phases: string[]) =>
      Object.fromEntries(phases.map((phase) => [`axios_policy.timings.${phase}`, expect.any(Number)]));
    expect(spans().map(({ attributes }) => attributes)).toEqual([
      {
        ...common,
        ...seconds('queued', 'dns', 'connect', 'tls', 'first_byte', 'body'),
        'axios_policy.connection.reused': false,
        'http.response.status_code': 503,
        'error.type': '503',
      },
      {
        ...common,
        ...seconds('queued', 'dns', 'connect', 'tls', 'first_byte', 'body'),
        // A retry goes elsewhere.
        'axios_policy.connection.reused': false,
        'http.response.status_code': 200,
        'http.request.resend_count': 1,
      },
    ]);
    expect(spans().map(({ name, status }) => [name, status])).toEqual([
      ['GET', { code: SpanStatusCode.ERROR }],
      ['GET', { code: SpanStatusCode.UNSET }],
    ]);
  });

  it('are children of what was active when the request was made, on every attempt and side by side', async () => {
    const { origin, http } = await start({ from: axios });
    origin.enqueue(unavailable(), unavailable());
    const request = (name: string) =>
      tracer.startActiveSpan(name, async (span) => {
        await http.get(`/${name}`);
        span.end();
        return span.spanContext();
      });
    const parents = await Promise.all([request('one'), request('two')]);
    expect(spans()).toHaveLength(4);
    for (const span of spans()) {
      const parent = parents[String(span.attributes['url.full']).endsWith('/one') ? 0 : 1];
      expect(span.parentSpanContext?.spanId).toBe(parent?.spanId);
      expect(span.spanContext().traceId).toBe(parent?.traceId);
    }
  });

  it('are what the server sees as its parent', async () => {
    const { origin, http } = await start({ from: axios });
    origin.enqueue(unavailable());
    await http.get('/');
    const seen = origin.requests.map(({ headers }) => headers.traceparent);
    expect(seen).toEqual(
      spans().map((span) => `00-${span.spanContext().traceId}-${span.spanContext().spanId}-01`),
    );
    expect(new Set(seen).size).toBe(2);
  });
});

describe('a span', () => {
  it('begins a trace where none is', async () => {
    const { http } = await start();
    await http.get('/');
    expect(spans().map(({ parentSpanContext }) => parentSpanContext)).toEqual([undefined]);
  });

  it('counts the re-send after a lost keep-alive race', async () => {
    const { origin, http } = await start();
    origin.enqueue(reply(), reset());
    await http.get('/');
    await http.get('/');
    expect(spans().map(({ attributes }) => attributes['http.request.resend_count'])).toEqual([
      undefined,
      undefined,
      1,
    ]);
    expect(spans()[1]).toMatchObject({
      attributes: { 'error.type': 'ECONNRESET' },
      status: { code: SpanStatusCode.ERROR },
    });
  });

  it.each([
    [404, '404'],
    [500, '500'],
  ])('of a %d is an error, also if validateStatus accepts it', async (status, type) => {
    const { origin, http } = await start({ retry: false });
    origin.always(reply({ status }));
    await failureOf(http.get('/'));
    await http.get('/', { validateStatus: () => true });
    for (const span of spans()) {
      expect(span.attributes['error.type']).toBe(type);
      expect(span.status).toEqual({ code: SpanStatusCode.ERROR });
    }
    expect(spans()).toHaveLength(2);
  });

  it('of a 304 that validateStatus refuses is none', async () => {
    const { origin, http } = await start();
    origin.always(reply({ status: 304 }));
    await failureOf(http.get('/'));
    expect(spans()[0]?.attributes).not.toHaveProperty('error.type');
    expect(spans()[0]?.status).toEqual({ code: SpanStatusCode.UNSET });
  });

  it('of a failure without a status names its code', async () => {
    const { origin, http } = await start({ retry: false });
    const port = await closedPort();
    origin.enqueue(truncate({ declared: 10, sent: 3, how: 'rst' }), never());
    await failureOf(http.get(`https://127.0.0.1:${port}/`));
    await failureOf(http.get('/'));
    await failureOf(http.get('/', { timeout: 30 }));
    expect(spans().map(({ attributes, status }) => [attributes['error.type'], status.code])).toEqual([
      ['ECONNREFUSED', SpanStatusCode.ERROR],
      [expect.stringMatching(/^E[A-Z_]+$/), SpanStatusCode.ERROR],
      ['ECONNABORTED', SpanStatusCode.ERROR],
    ]);
    expect(spans()[0]?.attributes).toMatchObject({ 'server.address': '127.0.0.1', 'server.port': port });
    expect(spans()[0]?.attributes).not.toHaveProperty('http.response.status_code');
  });

  it('of an error that says nothing at all is of another type', async () => {
    const { http } = await start({ retry: false });
    const thrown = new Error('from an adapter');
    await failureOf(http.get('/', { adapter: () => Promise.reject(thrown) }));
    expect(spans()[0]?.attributes['error.type']).toBe('_OTHER');
  });

  it('ends with the headers of a streamed response', async () => {
    const { origin, http } = await start();
    origin.enqueue(drip({ pieces: ['a', 'b'], everyMs: 30 }));
    const { data } = await http.get('/', { responseType: 'stream' });
    expect(spans()).toHaveLength(1);
    for await (const _ of data);
  });

  it('shows neither credentials nor query, and nothing of the URL of a sensitive request', async () => {
    const { origin, http, host } = await start();
    const url = `${origin.url.replace('://', '://user:secret@')}/path?sig=secret#secret`;
    await http.get(url);
    await http.get(url, { policy: { sensitive: true } });
    expect(spans()[0]?.attributes).toMatchObject({ ...host, 'url.full': `${origin.url}/path` });
    expect(spans()[1]?.attributes).toEqual({
      'axios_policy.name': 'prices',
      'axios_policy.connection.reused': true,
      'axios_policy.timings.queued': 0,
      'axios_policy.timings.first_byte': expect.any(Number),
      'axios_policy.timings.body': expect.any(Number),
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'network.protocol.version': '1.1',
      'url.full': 'REDACTED',
    });
  });

  it('knows the ports of the schemes, IPv6 addresses and mocks without an address', async () => {
    const { http } = await start({ client: { allowHttp: true } });
    const adapter = async (config: object) =>
      ({ status: 200, statusText: '', headers: {}, data: '', config }) as never;
    await http.get('https://[::1]/', { adapter });
    await http.get('http://example.test/', { adapter });
    await http.get('file:///tmp/x', { adapter });
    await http.get('items', { adapter, baseURL: '' });
    const address = ({ attributes }: ReadableSpan) => [
      attributes['server.address'],
      attributes['server.port'],
    ];
    expect(spans().map(address)).toEqual([
      ['::1', 443],
      ['example.test', 80],
      [undefined, undefined],
      [undefined, undefined],
    ]);
  });

  it('that cannot be begun does the request no harm, and is told to the diagnostics', async () => {
    const error = jest.fn();
    const silent = () => undefined;
    diag.setLogger({ error, warn: silent, info: silent, debug: silent, verbose: silent });
    atEnd(() => diag.disable());
    const fault = new Error('of a sampler');
    const shouldSample = () => {
      throw fault;
    };
    const { http, origin } = await start({
      provider: new BasicTracerProvider({ sampler: { shouldSample, toString: () => 'broken' } }),
    });
    expect((await http.get(origin.url)).status).toBe(200);
    expect(error).toHaveBeenCalledWith('axios-policy: instrumentation failed on axios-policy:attempt', fault);
  });

  it('knows HTTP/2', async () => {
    const { http } = await start({ client: { http2Only: true } });
    const origin = await startHttp2Origin();
    await http.get(origin.url);
    expect(spans()[0]?.attributes['network.protocol.version']).toBe('2');
  });

  it('has a name of its own for methods that nobody knows, or that the environment does not list', async () => {
    const { http } = await start();
    await http.request({ url: '/', method: 'PROPFIND' });
    process.env.OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS = 'PROPFIND, DELETE';
    atEnd(() => void delete process.env.OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS);
    const { http: other, stop } = await start();
    await other.request({ url: '/', method: 'PROPFIND' });
    stop();
    const [unknown, , known] = spans();
    expect(unknown).toMatchObject({
      name: 'HTTP',
      attributes: { 'http.request.method': '_OTHER', 'http.request.method_original': 'PROPFIND' },
    });
    expect(known).toMatchObject({ name: 'PROPFIND', attributes: { 'http.request.method': 'PROPFIND' } });
    expect(known?.attributes).not.toHaveProperty('http.request.method_original');
  });

  it('that is open when the instrumentation ends, ends too, and no other is begun', async () => {
    const { origin, http, stop } = await start({ retry: false });
    origin.enqueue(never());
    const controller = new AbortController();
    const request = failureOf(http.get('/', { signal: controller.signal }));
    await until(() => origin.requests.length === 1);
    expect(spans()).toHaveLength(0);
    stop();
    expect(spans()).toHaveLength(1);
    controller.abort();
    await request;
    await http.get('/');
    expect(spans()).toHaveLength(1);
    expect(origin.requests[1]?.headers.traceparent).toBeUndefined();
  });

  it('is not there for an attempt that began before the instrumentation did', async () => {
    const { origin, http, stop } = await start();
    origin.enqueue(slow(30));
    const request = http.get('/');
    await until(() => origin.requests.length === 1);
    atEnd(instrumentPolicy({ tracerProvider }));
    stop();
    spanExporter.reset();
    await request;
    expect(spans()).toHaveLength(0);
    await http.get('/');
    expect(spans()).toHaveLength(1);
  });

  it('is made by the provider that is registered, if none is named', async () => {
    trace.setGlobalTracerProvider(tracerProvider);
    atEnd(instrumentPolicy());
    const { http, stop } = await start();
    stop();
    await http.get('/');
    expect(spans()).toHaveLength(1);
  });

  it('is not there, and no header either, where no SDK is', async () => {
    trace.disable();
    const { origin, http, stop } = await start();
    stop();
    atEnd(instrumentPolicy());
    await http.get('/');
    expect(spans()).toHaveLength(0);
    expect(origin.requests[0]?.headers.traceparent).toBeUndefined();
  });
});

describe('metrics', () => {
  async function measured(retry: RetryConfig) {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 });
    const meterProvider = new MeterProvider({ readers: [reader] });
    atEnd(() => meterProvider.shutdown());
    const started = await start({ retry });
    started.stop();
    atEnd(instrumentPolicy({ tracerProvider, meterProvider }));
    const collect = async () => {
      await meterProvider.forceFlush();
      const metrics =
        exporter
          .getMetrics()
          .at(-1)
          ?.scopeMetrics.flatMap((scope) => scope.metrics) ?? [];
      return new Map(metrics.map((metric) => [metric.descriptor.name, metric]));
    };
    return { ...started, collect };
  }

  it('are the duration of each attempt in seconds, by its attributes', async () => {
    const { origin, http, host, collect } = await measured({});
    origin.enqueue(unavailable());
    await http.get('/a?secret=1');
    await http.get('/b');
    const duration = (await collect()).get('http.client.request.duration') as HistogramMetricData;
    expect(duration.descriptor).toMatchObject({ unit: 's', description: expect.stringMatching(/duration/i) });
    const common = { ...host, 'http.request.method': 'GET', 'network.protocol.version': '1.1' };
    expect(duration.dataPoints.map(({ attributes, value }) => [attributes, value.count])).toEqual([
      [{ ...common, 'http.response.status_code': 503, 'error.type': '503' }, 1],
      [{ ...common, 'http.response.status_code': 200 }, 2],
    ]);
    const [{ value } = { value: undefined }] = duration.dataPoints;
    expect(value?.buckets.boundaries).toEqual([
      0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
    ]);
    const [span] = spans();
    const spanSeconds = (span?.duration[0] ?? 0) + (span?.duration[1] ?? 0) / 1e9;
    expect(Math.abs((value?.sum ?? 0) - spanSeconds)).toBeLessThan(0.1);
  });

  it('count retries and give-ups by their reasons', async () => {
    const { origin, http, host, collect } = await measured({ maxRetries: 2 });
    origin.always(unavailable());
    await failureOf(http.delete('/'));
    origin.always(reply({ status: 404 }));
    await failureOf(http.delete('/'));
    const metrics = await collect();
    const counts = (name: string) =>
      (metrics.get(name) as SumMetricData).dataPoints.map(({ attributes, value }) => [attributes, value]);
    const common = { ...host, 'http.request.method': 'DELETE' };
    expect(counts('axios_policy.retries')).toEqual([[{ ...common, 'axios_policy.reason': 'status' }, 2]]);
    expect(counts('axios_policy.give_ups')).toEqual([
      [{ ...common, 'axios_policy.reason': 'max-retries' }, 1],
    ]);
  });
});
