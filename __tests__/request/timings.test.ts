import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createSecureServer } from 'node:http2';
import { Agent as HttpsAgent } from 'node:https';
import { connect, type LookupFunction, type Server, type Socket } from 'node:net';
import type { AxiosRequestConfig } from 'axios';
import {
  type AttemptEndMessage,
  type AttemptMessage,
  type ClientConfig,
  getPolicyMetadata,
  type Policy,
  type RequestTimings,
} from '../../lib/index.js';
import { attached, failureOf } from '../helpers/attached.js';
import { ca, server as certificate } from '../helpers/certs.js';
import { atEnd } from '../helpers/cleanup.js';
import { closedPort, lookupTo, startTcp, startTlsStall } from '../helpers/faults.js';
import { redirect, startOrigin } from '../helpers/origin.js';
import { startProxy } from '../helpers/proxy.js';
import { listen, shut, trackSockets } from '../helpers/tcp.js';
import { delay, until } from '../helpers/wait.js';

/** How far a phase may be from what the other side saw, in ms. */
const TOLERANCE_MS = 2;
/** How often it is measured: in a process that stood still meanwhile, both sides are late, each in its own way. */
const TRIES = 12;

/** What the server saw of its latest request, by the clock of this process. */
interface Seen {
  /** The handshake was over. */
  securedMs: number;
  /** The request had arrived. */
  requestedMs: number;
  /** The head was written. */
  headMs: number;
  /** The body was written. */
  endMs: number;
}

const HEAD_AFTER_MS = 15;
const BODY_AFTER_MS = 10;

interface TimedServer {
  readonly port: number;
  readonly seen: Seen;
}

/** A server of both versions of HTTP that takes its time, and notes when it did what. */
async function startTimed(tls: boolean, headAfterMs = HEAD_AFTER_MS): Promise<TimedServer> {
  const seen: Seen = { securedMs: 0, requestedMs: 0, headMs: 0, endMs: 0 };
  const answer = (
    _request: unknown,
    response: Pick<ServerResponse, 'writeHead' | 'write' | 'end' | 'flushHeaders'>,
  ) => {
    seen.requestedMs = performance.now();
    setTimeout(() => {
      response.writeHead(200);
      response.flushHeaders();
      seen.headMs = performance.now();
      setTimeout(() => {
        response.end('whole');
        seen.endMs = performance.now();
      }, BODY_AFTER_MS);
    }, headAfterMs);
  };
  const server: Server = tls
    ? createSecureServer({ ...certificate, allowHTTP1: true }, (request, response) =>
        answer(request, response as unknown as ServerResponse<IncomingMessage>),
      )
    : createServer(answer);
  server.on('secureConnection', (socket: Socket) => {
    seen.securedMs = performance.now();
    // Else it would hold back the body until the client acknowledges the head.
    socket.setNoDelay();
  });
  const open = trackSockets(server);
  const port = await listen(server);
  atEnd(() => shut(server, open));
  return { port, seen };
}

/** A way to a server that opens its far side a little later, and notes when it was connected to. */
async function startSlowWay(port: number): Promise<{ port: number; connectedMs: number }> {
  const way = { port: 0, connectedMs: 0 };
  const relay = await startTcp((near) => {
    way.connectedMs = performance.now();
    setTimeout(() => {
      const far = connect(port, '127.0.0.1').setNoDelay();
      near.setNoDelay().pipe(far).pipe(near);
      far.on('error', () => near.destroy());
      near.on('close', () => far.destroy());
    }, 10);
  });
  way.port = relay.port;
  return way;
}

const timingsOf = (settled: unknown): RequestTimings => {
  const timings = getPolicyMetadata(settled)?.timings;
  if (timings === undefined) throw new Error('There are no timings');
  return timings;
};

/** The names of the phases that took place. */
const phasesOf = ({ queuedMs, reused, ...phases }: RequestTimings) => Object.keys(phases);

/** A session that is about to be closed takes a request before it is. */
const noneOpen = (policy: Policy): Promise<void> => until(() => policy.stats().http2.length === 0);

/** The closest of a few measurements: what is measured wrongly is wrong in each of them. */
async function closest(measure: () => Promise<number[]>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < TRIES && best > TOLERANCE_MS; i += 1) {
    const deviations = await measure();
    best = Math.min(best, Math.max(...deviations.map(Math.abs)));
  }
  return best;
}

/** How far the phases of a response are from what the server saw. */
function deviations({ firstByteMs = 0, bodyMs = 0 }: RequestTimings, seen: Seen): number[] {
  return [firstByteMs - (seen.headMs - seen.requestedMs), bodyMs - (seen.endMs - seen.headMs)];
}

const BOTH: readonly (ClientConfig & { readonly title: string })[] = [
  { title: 'HTTP/1.1', http1Only: true },
  { title: 'HTTP/2', http2Only: true },
];

/** The ways of an attempt: straight to Node, or through the adapter of axios, which a stream takes. */
const PATHS: readonly (AxiosRequestConfig & { readonly path: string })[] = [
  { path: 'directly' },
  { path: 'through the adapter of axios', maxBodyLength: 1e6 },
];

describe.each(BOTH)('the timings over $title', ({ title: _, ...version }) => {
  describe.each(PATHS)('of a request sent $path', ({ path: _path, ...config }) => {
    it('are those that the server saw, on a reused connection', async () => {
      const { port, seen } = await startTimed(true);
      const { http } = attached({ client: version });
      const url = `https://localhost:${port}`;
      await http.get(url, config);
      const best = await closest(async () => {
        const timings = timingsOf(await http.get(url, config));
        expect(phasesOf(timings)).toEqual(['firstByteMs', 'bodyMs']);
        expect(timings).toMatchObject({ queuedMs: 0, reused: true });
        return deviations(timings, seen);
      });
      expect(best).toBeLessThan(TOLERANCE_MS);
    });

    it('tell of the making of a new connection, also through a proxy', async () => {
      const { port, seen } = await startTimed(true);
      const { http, policy } = attached({ client: { ...version, poolMaxIdlePerHost: 0 } });
      const proxy = await startProxy();
      const proxied = attached({
        client: { ...version, poolMaxIdlePerHost: 0, proxyUrl: proxy.url },
      });
      const way = await startSlowWay(port);
      const url = `https://localhost:${way.port}`;
      for (const instance of [http, proxied.http]) await instance.get(url, config);
      const direct = await closest(async () => {
        await noneOpen(policy);
        const timings = timingsOf(await http.get(url, config));
        expect(phasesOf(timings)).toEqual(['dnsMs', 'connectMs', 'tlsMs', 'firstByteMs', 'bodyMs']);
        expect(timings.reused).toBe(false);
        return [(timings.tlsMs ?? 0) - (seen.securedMs - way.connectedMs), ...deviations(timings, seen)];
      });
      expect(direct).toBeLessThan(TOLERANCE_MS);
      const tunnelled = await closest(async () => {
        await noneOpen(proxied.policy);
        const timings = timingsOf(await proxied.http.get(url, config));
        expect(phasesOf(timings)).toEqual(['connectMs', 'tlsMs', 'firstByteMs', 'bodyMs']);
        expect(timings.reused).toBe(false);
        return [(timings.tlsMs ?? 0) - (seen.securedMs - way.connectedMs), ...deviations(timings, seen)];
      });
      expect(tunnelled).toBeLessThan(TOLERANCE_MS);
    });
  });

  it('of a look-up are those that the resolver saw', async () => {
    const { port } = await startTimed(true);
    let tookMs = 0;
    const answer = lookupTo('127.0.0.1');
    const lookup: LookupFunction = (hostname, options, callback) => {
      const sinceMs = performance.now();
      setTimeout(() => {
        tookMs = performance.now() - sinceMs;
        answer(hostname, options, callback);
      }, 10);
    };
    const { http, policy } = attached({
      client: { ...version, poolMaxIdlePerHost: 0 },
      defaults: { httpsAgent: new HttpsAgent({ lookup }) },
    });
    const best = await closest(async () => {
      await noneOpen(policy);
      const { dnsMs = 0 } = timingsOf(await http.get(`https://localhost:${port}`));
      return [dnsMs - tookMs];
    });
    expect(best).toBeLessThan(TOLERANCE_MS);
  });

  it('of a failed handshake end with the phase in which it failed', async () => {
    const stall = await startTlsStall();
    const { http } = attached({ client: { ...version, connectTimeout: 40 } });
    const timings = timingsOf(await failureOf(http.get(`https://localhost:${stall.port}`)));
    expect(phasesOf(timings)).toEqual(['dnsMs', 'connectMs', 'tlsMs']);
    const { dnsMs = 0, connectMs = 0, tlsMs = 0 } = timings;
    expect(dnsMs + connectMs + tlsMs).toBeGreaterThanOrEqual(38);
  });

  it('of a refused connection and of a refused tunnel end there', async () => {
    const { http } = attached({ client: version });
    const refused = timingsOf(await failureOf(http.get(`https://localhost:${await closedPort()}`)));
    expect(phasesOf(refused)).toEqual(['dnsMs', 'connectMs']);
    const proxy = await startProxy({ connect: 503 });
    const proxied = attached({ client: { ...version, proxyUrl: proxy.url } });
    const tunnel = timingsOf(await failureOf(proxied.http.get('https://localhost:1')));
    expect(phasesOf(tunnel)).toEqual(['connectMs']);
    expect(tunnel.connectMs).toBeGreaterThan(0);
  });

  it('of a timeout end with the wait for the response', async () => {
    const { port } = await startTimed(true, 500);
    const other = await startTimed(true);
    const { http } = attached({ client: version });
    // The first request of all has things to load.
    await http.get(`https://localhost:${other.port}`);
    const timings = timingsOf(await failureOf(http.get(`https://localhost:${port}`, { timeout: 200 })));
    expect(phasesOf(timings)).toEqual(['dnsMs', 'connectMs', 'tlsMs', 'firstByteMs']);
    const { dnsMs = 0, connectMs = 0, tlsMs = 0, firstByteMs = 0 } = timings;
    expect(dnsMs + connectMs + tlsMs + firstByteMs).toBeGreaterThanOrEqual(150);
  });

  it('of a stream have its body when it has been read', async () => {
    const { port, seen } = await startTimed(true);
    const { http } = attached({ client: version });
    const url = `https://localhost:${port}`;
    const best = await closest(async () => {
      const response = await http.get(url, { responseType: 'stream' });
      expect(timingsOf(response).bodyMs).toBeUndefined();
      for await (const _piece of response.data) await delay(1);
      await delay(1);
      return deviations(timingsOf(response), seen);
    });
    expect(best).toBeLessThan(TOLERANCE_MS);
  });

  it('are in the end message of the attempt', async () => {
    const messages: AttemptEndMessage[] = [];
    const listener = (message: unknown) => {
      const attempt = message as AttemptMessage;
      if (attempt.stage === 'end') messages.push(attempt);
    };
    subscribe('axios-policy:attempt', listener);
    atEnd(() => void unsubscribe('axios-policy:attempt', listener));
    const { port } = await startTimed(true);
    const { http } = attached({ client: version });
    const response = await http.get(`https://localhost:${port}`);
    const { bodyMs: told = 0, ...phases } = messages[0]?.timings ?? timingsOf(undefined);
    const { bodyMs = 0, ...later } = timingsOf(response);
    expect(phases).toEqual(later);
    expect(told).toBeGreaterThan(0);
    expect(bodyMs).toBeGreaterThanOrEqual(told);
  });
});

describe('the timings', () => {
  it('of a request that waited for a connection tell of the wait, and not of the making of that', async () => {
    const { port } = await startTimed(false);
    const { Agent } = await import('node:http');
    const { http } = attached({ defaults: { httpAgent: new Agent({ keepAlive: true, maxSockets: 1 }) } });
    const url = `http://127.0.0.1:${port}`;
    await http.get(url);
    const [first, second] = await Promise.all([http.get(url), http.get(url)]);
    expect(phasesOf(timingsOf(first))).toEqual(['firstByteMs', 'bodyMs']);
    const { queuedMs, firstByteMs = 0, reused } = timingsOf(second);
    expect(reused).toBe(true);
    expect(queuedMs).toBeGreaterThan(HEAD_AFTER_MS);
    expect(firstByteMs).toBeGreaterThanOrEqual(HEAD_AFTER_MS - 1);
    expect(queuedMs + firstByteMs).toBeLessThan(getPolicyMetadata(second)?.elapsedMs ?? 0);
  });

  it('of an IP address have no look-up, and of http no TLS', async () => {
    const { port } = await startTimed(false);
    const { http } = attached();
    const response = await http.get(`http://127.0.0.1:${port}`);
    expect(phasesOf(timingsOf(response))).toEqual(['connectMs', 'firstByteMs', 'bodyMs']);
  });

  it('are those of a connection of the own agent of a request, too', async () => {
    const { port, seen } = await startTimed(true);
    const { http } = attached();
    const httpsAgent = new HttpsAgent({ ca, keepAlive: true });
    atEnd(() => httpsAgent.destroy());
    const url = `https://localhost:${port}`;
    const first = await http.get(url, { httpsAgent });
    expect(phasesOf(timingsOf(first))).toEqual(['connectMs', 'tlsMs', 'firstByteMs', 'bodyMs']);
    const best = await closest(async () => {
      const timings = timingsOf(await http.get(url, { httpsAgent }));
      expect(timings.reused).toBe(true);
      return deviations(timings, seen);
    });
    expect(best).toBeLessThan(TOLERANCE_MS);
  });

  it('of a redirected request are those of the last hop', async () => {
    const { port, seen } = await startTimed(true);
    const first = await startOrigin({ tls: true });
    first.always(redirect(302, `https://localhost:${port}/`));
    const { http } = attached();
    const best = await closest(async () => {
      const response = await http.get(first.url);
      return deviations(timingsOf(response), seen);
    });
    expect(best).toBeLessThan(TOLERANCE_MS);
  });

  it('of a retry are its own', async () => {
    const { port } = await startTimed(false);
    const url = `http://127.0.0.1:${port}`;
    const { http } = attached({
      retry: { backoff: { initBackoff: 1, maxBackoff: 2 }, statuses: [200], maxRetries: 1 },
    });
    const response = await http.get(url, {
      policy: { retry: { shouldRetry: ({ retries }) => retries === 0 } },
    });
    expect(getPolicyMetadata(response)?.retries).toBe(1);
    expect(phasesOf(timingsOf(response))).toEqual(['firstByteMs', 'bodyMs']);
  });

  it('are frozen, and none where no connection was seen', async () => {
    const { port } = await startTimed(false);
    const { http } = attached();
    const response = await http.get(`http://127.0.0.1:${port}`);
    expect(Object.isFrozen(timingsOf(response))).toBe(true);
    const mocked = await http.get('http://127.0.0.1:1', {
      adapter: async (config) => ({ status: 200, statusText: '', headers: {}, config, data: '' }),
    });
    expect(getPolicyMetadata(mocked)?.timings).toBeUndefined();
  });
});
