import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import dns, { type LookupAddress } from 'node:dns';
import { once } from 'node:events';
import http from 'node:http';
import type { LookupFunction } from 'node:net';
import type { ClientConfig } from '../../lib/index.js';
import { attached } from '../helpers/attached.js';
import { atEnd } from '../helpers/cleanup.js';
import { lookupTo } from '../helpers/faults.js';
import { startHttp2Origin } from '../helpers/http2-origin.js';
import { reply, startOrigin } from '../helpers/origin.js';
import { startProxy } from '../helpers/proxy.js';
import { portToTake } from '../helpers/tcp.js';
import { drive } from './traffic.js';

type Lookup = (
  name: string,
  options: object,
  callback: (error: null, found: LookupAddress[]) => void,
) => void;

/** Has Node know these addresses of every name. */
function resolveTo(...addresses: string[]) {
  const lookup: Lookup = (_name, _options, callback) => {
    setTimeout(
      callback,
      10,
      null,
      addresses.map((address) => ({ address, family: 4 })),
    );
  };
  return jest.spyOn(dns, 'lookup').mockImplementation(lookup as unknown as typeof dns.lookup);
}

afterEach(() => {
  jest.restoreAllMocks();
});

describe('a name', () => {
  it('is looked up once for connections that are made at a time, and not again for a while', async () => {
    const origin = await startOrigin({ host: '0.0.0.0' });
    const lookup = resolveTo('127.0.0.1');
    const { http: axios } = attached({ client: { poolMaxIdlePerHost: 0 } });
    const url = `http://some.test:${origin.port}/`;
    await drive(20, 10, () => axios.get(url));
    expect(origin.connections).toBe(20);
    expect(lookup).toHaveBeenCalledTimes(1);
  });

  it('is looked up for each connection with dns: false', async () => {
    const origin = await startOrigin({ host: '0.0.0.0' });
    const lookup = resolveTo('127.0.0.1');
    const { http: axios } = attached({ client: { poolMaxIdlePerHost: 0, dns: false } });
    await drive(5, 5, () => axios.get(`http://some.test:${origin.port}/`));
    expect(lookup).toHaveBeenCalledTimes(5);
  });

  it('has its addresses tried in turn, or in their order without randomizeAddresses', async () => {
    const origin = await startOrigin({ host: '0.0.0.0' });
    const lookup = lookupTo('127.0.0.1', '127.0.0.2', '127.0.0.3');
    const reached = async (client: ClientConfig) => {
      const before = origin.requests.length;
      const agent = new http.Agent({ lookup });
      const { http: axios } = attached({
        client: { poolMaxIdlePerHost: 0, ...client },
        defaults: { httpAgent: agent },
      });
      const seen: unknown[] = [];
      for (let i = 0; i < 6; i += 1) {
        const response = await axios.get(`http://some.test:${origin.port}/`, { responseType: 'stream' });
        seen.push(response.request.socket.remoteAddress);
        await once(response.data.resume(), 'end');
      }
      expect(origin.requests.length - before).toBe(6);
      return seen.sort();
    };
    const each = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];
    expect(await reached({})).toEqual(each.flatMap((address) => [address, address]));
    expect(await reached({ randomizeAddresses: false })).toEqual(Array(6).fill('127.0.0.1'));
  });

  it("is looked up by the caller's own lookup for each connection, or once where dns is set", async () => {
    const origin = await startOrigin();
    const connect = async (client: ClientConfig) => {
      const lookup = lookupTo('127.0.0.1');
      const { http: axios } = attached({
        client: { poolMaxIdlePerHost: 0, ...client },
        defaults: { httpAgent: new http.Agent({ lookup }) },
      });
      await drive(4, 2, () => axios.get(`http://some.test:${origin.port}/`));
      return lookup.asked.length;
    };
    expect(await connect({})).toBe(4);
    expect(await connect({ dns: { cacheTtl: '10s' } })).toBe(1);
  });

  it.each([true, false])(
    'goes by what an agent says of its connections, autoSelectFamily %s',
    async (autoSelectFamily) => {
      const origin = await startOrigin({ host: '0.0.0.0' });
      const asked: object[] = [];
      const lookup: LookupFunction = (_name, options, callback) => {
        asked.push(options);
        const [first, second] = ['127.0.0.2', '127.0.0.3'].map((address) => ({ address, family: 4 }));
        if (options.all && first && second) process.nextTick(callback, null, [first, second]);
        else process.nextTick(callback, null, first?.address, 4);
      };
      const agent = new http.Agent({ lookup, localAddress: '127.0.0.9', family: 4, autoSelectFamily });
      const { http: axios } = attached({ defaults: { httpAgent: agent } });
      await axios.get(`http://some.test:${origin.port}/`);
      expect(asked).toEqual([expect.objectContaining({ family: 4 })]);
      expect(origin.requests[0]?.from.address).toBe('127.0.0.9');
    },
  );

  it('of a proxy is looked up in the same way, for tunnels and for requests that it forwards', async () => {
    const proxy = await startProxy({ host: '0.0.0.0' });
    const [plain, secure] = await Promise.all([startOrigin(), startOrigin({ tls: true })]);
    const lookup = resolveTo('127.0.0.1');
    const { http: axios } = attached({
      client: { proxyUrl: `http://proxy.test:${proxy.port}`, poolMaxIdlePerHost: 0 },
    });
    for (const { url } of [plain, secure, plain, secure]) expect((await axios.get(url)).status).toBe(200);
    expect(proxy.connections).toBe(4);
    const asked = lookup.mock.calls.map(([name]) => name);
    expect(asked.filter((name) => name === 'proxy.test')).toHaveLength(1);
  });

  it('has an HTTP/2 session per address once requests overlap', async () => {
    const port = await portToTake();
    const origins = await Promise.all(
      ['127.0.0.1', '127.0.0.2', '127.0.0.3'].map((host) => startHttp2Origin({ tls: false, host, port })),
    );
    const { http: axios } = attached({
      client: { http2Only: true },
      defaults: { httpAgent: new http.Agent({ lookup: lookupTo('127.0.0.1', '127.0.0.2', '127.0.0.3') }) },
    });
    await drive(300, 12, () => axios.get(`http://some.test:${port}/`));
    expect(origins.map(({ connections }) => connections)).toEqual([1, 1, 1]);
    for (const { requests } of origins) expect(requests.length).toBeGreaterThan(50);
  });
});

describe('an address that is ejected', () => {
  it('is told on a channel, and when it is back', async () => {
    const port = await portToTake();
    const [good, bad] = await Promise.all(
      ['127.0.0.1', '127.0.0.2'].map((host) => startOrigin({ host, port })),
    );
    bad?.always(reply({ status: 503 }));
    const messages: unknown[] = [];
    const onMessage = (message: unknown) => void messages.push(message);
    subscribe('axios-policy:address', onMessage);
    atEnd(() => void unsubscribe('axios-policy:address', onMessage));
    const { http: axios } = attached({
      client: { eject: { failures: 2, for: '400ms', maxPercent: 50 }, poolMaxIdlePerHost: 0 },
      defaults: { httpAgent: new http.Agent({ lookup: lookupTo('127.0.0.1', '127.0.0.2') }) },
      retry: { backoff: { initBackoff: 1, maxBackoff: 2 } },
    });
    const get = () => axios.get(`http://two.test:${port}/`);
    expect(await drive(10, 1, get)).toEqual({ 200: 10 });
    bad?.always(reply());
    const ejected = { host: `two.test:${port}`, address: '127.0.0.2' };
    expect(messages).toEqual([expect.objectContaining({ ...ejected, state: 'ejected', ejectedForMs: 400 })]);
    await new Promise((resolve) => setTimeout(resolve, 410));
    await drive(2, 1, get);
    expect(messages.slice(1)).toEqual([expect.objectContaining({ ...ejected, state: 'used' })]);
    expect(good?.requests.length).toBeGreaterThan(8);
  });
});
