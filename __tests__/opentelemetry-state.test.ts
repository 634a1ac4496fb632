import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import type { PolicyStats } from '../lib/index.js';
import { type InstrumentationOptions, instrumentPolicy } from '../lib/opentelemetry/index.js';
import { attached, failureOf } from './helpers/attached.js';
import { atEnd } from './helpers/cleanup.js';
import { startHttp2Origin } from './helpers/http2-origin.js';
import { never, reply, startOrigin } from './helpers/origin.js';
import { until } from './helpers/wait.js';

/** Instruments, and answers what is collected: values with their attributes, by the names of the metrics. */
function measured(options: InstrumentationOptions = {}) {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  atEnd(() => meterProvider.shutdown());
  const stop = instrumentPolicy({ ...options, meterProvider });
  atEnd(stop);
  const collect = async () => {
    exporter.reset();
    await meterProvider.forceFlush();
    const metrics = exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((one) => one.metrics));
    return new Map(
      metrics.map(({ descriptor, dataPoints }) => [
        descriptor.name,
        dataPoints.map(({ attributes, value }) => [attributes, value]),
      ]),
    );
  };
  return { collect, stop };
}

const NOTHING: PolicyStats = {
  name: 'prices',
  attempts: 0,
  retries: 0,
  giveUps: {},
  pools: [],
  http2: [],
  addresses: [],
  budget: [],
};

const pool = (origin: string) => ({ origin, active: 1, idle: 2, pending: 3 });

describe('the state of a policy', () => {
  it('is its connections, those that wait for one, and its budget, by name and server', async () => {
    const origin = await startOrigin();
    const { http, policy } = attached({
      retry: {},
      defaults: { baseURL: origin.url },
      client: { allowHttp: true },
    });
    const { collect } = measured({ policies: [policy] });
    await http.get('/');
    const of = { 'axios_policy.name': origin.url.slice('http://'.length), 'server.address': '127.0.0.1' };
    const server = { ...of, 'server.port': origin.port };
    const idle = await collect();
    expect(idle.get('axios_policy.connections')).toEqual([
      [{ ...server, 'axios_policy.state': 'active' }, 0],
      [{ ...server, 'axios_policy.state': 'idle' }, 1],
    ]);
    expect(idle.get('axios_policy.budget.tokens')).toEqual([[server, expect.any(Number)]]);
    origin.enqueue(never());
    const controller = new AbortController();
    const request = failureOf(http.get('/', { signal: controller.signal }));
    await until(() => origin.requests.length === 2);
    expect((await collect()).get('axios_policy.connections')).toEqual([
      [{ ...server, 'axios_policy.state': 'active' }, 1],
      [{ ...server, 'axios_policy.state': 'idle' }, 0],
    ]);
    controller.abort();
    await request;
  });

  it('names the socket of a server without an address', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'axios-policy-otel-'));
    const socketPath = join(folder, 's');
    const server = createServer((_request, response) => response.end('ok'));
    atEnd(() => {
      server.close();
      rmSync(folder, { recursive: true });
    });
    await once(server.listen(socketPath), 'listening');
    const { http, policy } = attached({ client: { allowHttp: true } });
    const { collect } = measured({ policies: [policy] });
    await http.get('http://local.test/', { socketPath });
    expect((await collect()).get('axios_policy.connections')).toContainEqual([
      { 'server.address': socketPath, 'axios_policy.state': 'idle' },
      1,
    ]);
  });

  it('is its HTTP/2 sessions and streams', async () => {
    const origin = await startHttp2Origin();
    const { http, policy } = attached({ client: { http2Only: true } });
    const { collect } = measured({ policies: new Set([policy]) });
    await http.get(origin.url);
    await until(() => policy.stats().http2[0]?.sessions[0]?.state === 'idle');
    const server = { 'server.address': 'localhost', 'server.port': origin.port };
    const metrics = await collect();
    expect(metrics.get('axios_policy.http2.sessions')).toEqual([
      [{ ...server, 'axios_policy.state': 'idle' }, 1],
    ]);
    expect(metrics.get('axios_policy.http2.streams')).toEqual([[server, 0]]);
  });

  it('is read when it is collected, of the policies that are there then', async () => {
    const stats = jest.fn(() => ({ ...NOTHING, pools: [pool('https://a:1')] }));
    const policies = new Set<{ stats(): PolicyStats }>();
    const { collect, stop } = measured({ policies });
    expect((await collect()).get('axios_policy.connections') ?? []).toEqual([]);
    policies.add({ stats });
    expect(stats).not.toHaveBeenCalled();
    expect((await collect()).get('axios_policy.connections')).toHaveLength(2);
    expect(stats).toHaveBeenCalledTimes(1);
    policies.clear();
    await collect();
    stop();
    await collect();
    expect(stats).toHaveBeenCalledTimes(1);
  });

  it('is added up where pools, or policies of one name, have the same server', async () => {
    const policies = [1, 2].map(() => ({
      stats: () => ({ ...NOTHING, pools: [pool('https://a'), pool('https://a:443')] }),
    }));
    const { collect } = measured({ policies });
    const server = { 'axios_policy.name': 'prices', 'server.address': 'a', 'server.port': 443 };
    expect((await collect()).get('axios_policy.queued_requests')).toEqual([[server, 12]]);
  });

  it('tells addresses apart by their state', async () => {
    const address = { host: 'a:443', address: '192.0.2.1', failures: 5, ejections: 1, ejectedForMs: 10 };
    const addresses = (['ejected', 'ejected', 'due'] as const).map((state) => ({ ...address, state }));
    const { collect } = measured({ policies: [{ stats: () => ({ ...NOTHING, addresses }) }] });
    const server = { 'axios_policy.name': 'prices', 'server.address': 'a', 'server.port': 443 };
    expect((await collect()).get('axios_policy.addresses')).toEqual([
      [{ ...server, 'axios_policy.state': 'ejected' }, 2],
      [{ ...server, 'axios_policy.state': 'due' }, 1],
    ]);
  });
});

describe('a policy that asks many servers', () => {
  it('has series for the first of them, and one for all the others', async () => {
    const policies = [
      {
        stats: () => ({ ...NOTHING, pools: Array.from({ length: 500 }, (_, i) => pool(`https://host${i}`)) }),
      },
    ];
    const { collect } = measured({ policies });
    const waiting = (await collect()).get('axios_policy.queued_requests') ?? [];
    expect(waiting).toHaveLength(101);
    expect(waiting.at(-1)).toEqual([{ 'axios_policy.name': 'prices', 'server.address': '_other' }, 3 * 400]);
  });

  it('has no more of them for attempts and retries', async () => {
    const origins = await Promise.all([1, 2, 3].map(() => startOrigin()));
    const { http } = attached({ retry: { maxRetries: 1, backoff: { initBackoff: 1, maxBackoff: 2 } } });
    const { collect } = measured({ maxOrigins: 1 });
    for (const origin of origins) {
      origin.enqueue(reply({ status: 503 }));
      await http.get(origin.url);
    }
    const retries = (await collect()).get('axios_policy.retries') ?? [];
    const method = { 'http.request.method': 'GET', 'axios_policy.reason': 'status' };
    expect(retries).toEqual([
      [{ ...method, 'server.address': '127.0.0.1', 'server.port': origins[0]?.port }, 1],
      [{ ...method, 'server.address': '_other' }, 2],
    ]);
  });

  it('has no more names than that either', async () => {
    const policies = ['one', 'two', 'three'].map((name) => ({
      stats: () => ({ ...NOTHING, name, pools: [pool('https://a')] }),
    }));
    const { collect } = measured({ policies, maxOrigins: 2 });
    const names = ((await collect()).get('axios_policy.queued_requests') ?? []).map(
      ([attributes]) => (attributes as Record<string, unknown>)['axios_policy.name'],
    );
    expect(names).toEqual(['one', 'two', '_other']);
  });
});

describe('an adapter that makes up a code for every failure', () => {
  it('has a series for the first hundred, and one for all the others', async () => {
    const { http } = attached({ retry: false });
    const { collect } = measured();
    for (let count = 1; count <= 103; count += 1) {
      const adapter = () => Promise.reject(Object.assign(new Error('failed'), { code: `E${count}` }));
      await failureOf(http.get('https://a.test/', { adapter }));
    }
    const types = ((await collect()).get('http.client.request.duration') ?? []).map(
      ([attributes]) => (attributes as Record<string, unknown>)['error.type'],
    );
    expect(types).toHaveLength(101);
    expect(types.at(-1)).toBe('_OTHER');
  });
});
