import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { connect, type LookupFunction, type NetConnectOpts, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Addresses, type ConnectionWish } from '../../lib/addresses/addresses.js';
import { Resolver } from '../../lib/addresses/lookup/resolver.js';
import * as certs from '../helpers/certs.js';
import { failingLookup, lookupTo, startTcp } from '../helpers/faults.js';
import { startOrigin } from '../helpers/origin.js';

/** Opens a connection and closes it again. */
async function addressOf(options: NetConnectOpts): Promise<string | undefined> {
  const socket = connect(options);
  await once(socket, 'connect');
  const { remoteAddress } = socket;
  socket.destroy();
  return remoteAddress;
}

const setUp = (own: LookupFunction | undefined, { randomize = true } = {}) => {
  const now = () => performance.now();
  const eject = { failures: 5, forMs: 30_000, maxPercent: 50 };
  const addresses = new Addresses({ randomize, eject, now, random: Math.random });
  const resolver = new Resolver(
    { cache: { ttlMs: 10_000, staleMs: 60_000 }, cachesOwn: true, now },
    addresses,
  );
  const lookup = (port: number, wish: ConnectionWish = {}) =>
    resolver.lookupFor({ name: `name.test:${port}`, lookup: own, ...wish });
  return { addresses, lookup };
};

/** A server on every address of this machine's loopback network. */
const startEverywhere = () => startTcp((socket) => void socket.resume(), '0.0.0.0');

const FIVE = ['127.0.0.1', '127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5'];

describe.each([{ autoSelectFamily: true }, { autoSelectFamily: false }])(
  'a connection with %j',
  ({ autoSelectFamily }) => {
    const connecting = (port: number, lookup: LookupFunction): NetConnectOpts => ({
      host: 'name.test',
      port,
      lookup,
      autoSelectFamily,
    });

    it('goes to each address in turn', async () => {
      const { port } = await startEverywhere();
      const { lookup } = setUp(lookupTo(...FIVE));
      const reached = await Promise.all(FIVE.map(() => addressOf(connecting(port, lookup(port)))));
      if (autoSelectFamily) expect(reached.sort()).toEqual(FIVE);
      // A look-up for a single address knows of no other.
      else expect(new Set(reached)).toEqual(new Set(['127.0.0.1']));
    });

    it('keeps away from an address if it can', async () => {
      const { port } = await startEverywhere();
      const { lookup } = setUp(lookupTo('127.0.0.1', '127.0.0.2'));
      const avoid = new Set(['127.0.0.1']);
      const reached = await addressOf(connecting(port, lookup(port, { avoid })));
      expect(reached).toBe(autoSelectFamily ? '127.0.0.2' : '127.0.0.1');
    });

    it('fails as it does in Node for a name that is not known', async () => {
      const bare = connect({ host: 'name.invalid', port: 1, autoSelectFamily });
      const [expected] = await once(bare, 'error').catch((error) => [error]);
      const { lookup } = setUp(undefined);
      const ours = connect({ host: 'name.invalid', port: 1, autoSelectFamily, lookup: lookup(1) });
      const [error] = await once(ours, 'error').catch((failure) => [failure]);
      expect({ ...error, message: error.message }).toEqual({ ...expected, message: expected.message });
    });

    it('fails with the error of the caller’s own lookup', async () => {
      const { lookup } = setUp(failingLookup('EAI_AGAIN'));
      const failed = Promise.allSettled([1, 2].map(() => addressOf(connecting(1, lookup(1)))));
      for (const outcome of await failed) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'EAI_AGAIN' } });
      }
    });

    it('goes where Node goes for the name of this machine', async () => {
      const { port } = await startEverywhere();
      const { lookup } = setUp(undefined);
      const options = connecting(port, lookup(port));
      expect(await addressOf({ ...options, host: 'localhost' })).toBe(
        await addressOf({ port, host: 'localhost', autoSelectFamily }),
      );
    });
  },
);

describe('Happy Eyeballs', () => {
  it('find the address that works when the first ones refuse', async () => {
    const { port } = await startTcp((socket) => void socket.resume(), '127.0.0.5');
    const { lookup } = setUp(lookupTo(...FIVE));
    for (let time = 0; time < 5; time += 1) {
      const reached = await addressOf({ host: 'name.test', port, lookup: lookup(port) });
      expect(reached).toBe('127.0.0.5');
    }
  });

  it('try the other family when the first one refuses', async () => {
    const { port } = await startTcp((socket) => void socket.resume(), '127.0.0.1');
    const { lookup } = setUp(lookupTo('::1', '127.0.0.1'));
    expect(await addressOf({ host: 'name.test', port, lookup: lookup(port) })).toBe('127.0.0.1');
  });

  it('tell of every address when none works, as in Node', async () => {
    const server = await startEverywhere();
    const { port } = server;
    await server.close();
    const attempt = async (lookup: LookupFunction) => {
      const [error] = await once(connect({ host: 'name.test', port, lookup }), 'error').catch((e) => [e]);
      return {
        ...error,
        name: error.name,
        errors: error.errors.map(({ address }: { address: string }) => address).sort(),
      };
    };
    const { lookup } = setUp(lookupTo(...FIVE));
    expect(await attempt(lookup(port))).toEqual(await attempt(lookupTo(...FIVE)));
  });
});

describe('an agent of Node', () => {
  const get = (url: string, agent: http.Agent, module: typeof http | typeof https = http) =>
    new Promise<string | undefined>((resolve, reject) => {
      module
        .get(url, { agent }, (response) => {
          const { remoteAddress } = response.socket;
          response.resume().on('end', () => resolve(remoteAddress));
        })
        .on('error', reject);
    });

  it('takes the function as its own', async () => {
    const origin = await startOrigin({ host: '0.0.0.0' });
    const own = lookupTo(...FIVE);
    const agent = new http.Agent({ lookup: setUp(own).lookup(origin.port) });
    const url = `http://name.test:${origin.port}/`;
    const reached = await Promise.all(FIVE.map(() => get(url, agent)));
    expect(reached.sort()).toEqual(FIVE);
    expect(own.asked).toEqual(['name.test']);
  });

  it('takes it for TLS, which asks for the name as before', async () => {
    const origin = await startOrigin({ tls: true, host: '0.0.0.0' });
    const { lookup } = setUp(lookupTo('127.0.0.2', '127.0.0.3'));
    const agent = new https.Agent({ lookup: lookup(origin.port), ca: certs.ca });
    const reached = await Promise.all(
      [1, 2].map(() => get(`https://localhost:${origin.port}/`, agent, https)),
    );
    expect(reached.sort()).toEqual(['127.0.0.2', '127.0.0.3']);
    expect(origin.handshakes.map(({ servername }) => servername)).toEqual(['localhost', 'localhost']);
  });
});

describe('tls.connect', () => {
  it('takes the function', async () => {
    const origin = await startOrigin({ tls: true, host: '0.0.0.0' });
    const { lookup } = setUp(lookupTo('127.0.0.2'));
    const socket: Socket = connectTls({
      host: 'localhost',
      port: origin.port,
      ca: certs.ca,
      lookup: lookup(origin.port),
    });
    await once(socket, 'secureConnect');
    expect(socket.remoteAddress).toBe('127.0.0.2');
    socket.destroy();
  });
});
