import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { type LookupFunction, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { attached, failureOf } from '../../helpers/attached.js';
import * as certs from '../../helpers/certs.js';
import { atEnd } from '../../helpers/cleanup.js';
import { failingLookup } from '../../helpers/faults.js';
import { type Http2Origin, respond, startHttp2Origin } from '../../helpers/http2-origin.js';

const lookup = failingLookup('EBLOCKED');
const blocked = () => Object.assign(new Error('blocked'), { code: 'EBLOCKED' });

/** A connection that is refused before it is begun. */
function refused(): Socket {
  const socket = new Socket();
  process.nextTick(() => socket.destroy(blocked()));
  return socket;
}

class GuardedHttp extends HttpAgent {
  override createConnection(): Duplex {
    return refused();
  }
}

class GuardedHttps extends HttpsAgent {
  override createConnection(): Duplex {
    return refused();
  }
}

const PLAIN: [string, () => HttpAgent][] = [
  ['a resolver', () => new HttpAgent({ lookup } as object)],
  ['a resolver, and connections kept', () => new HttpAgent({ lookup, keepAlive: true } as object)],
  ['a class of its own', () => new GuardedHttp()],
  ['a way of its own to connect', () => Object.assign(new HttpAgent(), { createConnection: refused })],
  ['an option that nobody knows, and a resolver', () => new HttpAgent({ lookup, nobodyKnows: 1 } as object)],
];

const SECURE: [string, () => HttpAgent][] = [
  ['a resolver', () => new HttpsAgent({ ca: certs.ca, lookup: lookup as LookupFunction })],
  ['a class of its own', () => new GuardedHttps({ ca: certs.ca })],
  [
    'a way of its own to connect',
    () => Object.assign(new HttpsAgent({ ca: certs.ca }), { createConnection: refused }),
  ],
  ['an option that nobody knows, and a resolver', () => new HttpsAgent({ lookup, nobodyKnows: 1 } as object)],
];

const MODES = [{ http2Only: true }, { http1Only: false }] as const;
const PLACES = ['of the instance', 'of the instance, set later', 'of the request'] as const;

const CASES = MODES.flatMap((mode) =>
  PLACES.flatMap((place) => [
    ...PLAIN.map(([name, make]) => ({ mode, place, scheme: 'http', name, make })),
    ...SECURE.map(([name, make]) => ({ mode, place, scheme: 'https', name, make })),
  ]),
);

let origins: Record<string, Http2Origin>;
beforeAll(async () => {
  origins = { http: await startHttp2Origin({ tls: false }), https: await startHttp2Origin() };
});

it.each(CASES)(
  'With $mode, what an $scheme agent $place forbids by $name is forbidden',
  async ({ mode, place, scheme, make }) => {
    const agent = make();
    atEnd(() => agent.destroy());
    const agents = { [`${scheme}Agent`]: agent };
    const { http } = attached({ client: mode, defaults: place === 'of the instance' ? agents : {} });
    if (place === 'of the instance, set later') Object.assign(http.defaults, agents);
    const url = `${scheme}://localhost:${origins[scheme]?.port}`;
    const request = place === 'of the request' ? agents : {};
    for (let i = 0; i < 2; i += 1) {
      expect((await failureOf(http.get(url, request))).code).toBe('EBLOCKED');
    }
    expect(origins[scheme]?.connections).toBe(0);
  },
);

it.each(MODES)('With %j, it is forbidden as well where a redirect leads', async (mode) => {
  const target = await startHttp2Origin({ tls: false });
  const origin = await startHttp2Origin();
  origin.always(respond({ status: 302, headers: { location: `http://localhost:${target.port}/` } }));
  const httpAgent = new HttpAgent({ lookup } as object);
  const { http } = attached({ client: mode });
  for (let i = 0; i < 2; i += 1) {
    const error = await failureOf(http.get(`https://localhost:${origin.port}`, { httpAgent }));
    expect(error.code).toBe('EBLOCKED');
  }
  expect(target.connections).toBe(0);
});
