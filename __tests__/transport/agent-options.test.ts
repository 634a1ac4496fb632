import { constants } from 'node:crypto';
import http, { type AgentOptions, Agent as HttpAgent } from 'node:http';
import https, { Agent as HttpsAgent, type AgentOptions as HttpsAgentOptions } from 'node:https';
import { BlockList, type LookupFunction } from 'node:net';
import { createSecureContext } from 'node:tls';
import axios, { type AxiosInstance, type AxiosRequestConfig } from 'axios';
import { attached } from '../helpers/attached.js';
import * as certs from '../helpers/certs.js';
import { failingLookup, lookupTo } from '../helpers/faults.js';
import { type Origin, startOrigin } from '../helpers/origin.js';
import { portToTake } from '../helpers/tcp.js';

type Scheme = 'http' | 'https';
type Options = Record<string, unknown>;
type Made = Options | (() => Options | Promise<Options>);

/** Where an agent is when a request is made. */
const PLACES = ['on the instance', 'on the request', 'as the global agent'] as const;

const refuse = () => Object.assign(new Error('not the pinned one'), { code: 'PINNED' });
const blockList = new BlockList();
blockList.addAddress('127.0.0.1');
const single: LookupFunction = (_host, _options, callback) => {
  process.nextTick(callback as (error: null, address: string, family: number) => void, null, '127.0.0.1', 4);
};

/** What Node documents for `http.Agent` and `net.connect`. */
const OF_ANY: [name: string, options: Made][] = [
  ['none', {}],
  ['autoSelectFamily, with a resolver that knows one address', { autoSelectFamily: false, lookup: single }],
  ['autoSelectFamilyAttemptTimeout', { autoSelectFamilyAttemptTimeout: 20 }],
  ['blockList', { blockList, lookup: lookupTo('127.0.0.1') }],
  ['family', { family: 4 }],
  ['family that the server has not', { family: 6, lookup: lookupTo('::1') }],
  ['hints', { hints: 32 }],
  ['localAddress', { localAddress: '127.0.0.3' }],
  ['localPort', async () => ({ localAddress: '127.0.0.4', localPort: await portToTake() })],
  ['lookup', { lookup: lookupTo('127.0.0.1') }],
  ['lookup that refuses', { lookup: failingLookup('EBLOCKED'), family: 4 }],
  ['host', { host: '127.0.0.1' }],
  ['port', { port: 1 }],
  ['socketPath', { socketPath: '/nowhere/at/all.sock' }],
  ['signal', () => ({ signal: new AbortController().signal })],
  ['noDelay', { noDelay: false }],
  ['keepAlive', { keepAlive: true }],
  ['keepAlive: false', { keepAlive: false }],
  ['keepAliveMsecs', { keepAlive: true, keepAliveMsecs: 50 }],
  ['keepAliveInitialDelay', { keepAliveInitialDelay: 50 }],
  ['maxSockets', { maxSockets: 1 }],
  ['maxTotalSockets', { maxTotalSockets: 1 }],
  ['maxFreeSockets', { keepAlive: true, maxFreeSockets: 1 }],
  ['scheduling', { keepAlive: true, scheduling: 'fifo' }],
  ['timeout', { keepAlive: true, timeout: 500 }],
  ['agentKeepAliveTimeoutBuffer', { keepAlive: true, agentKeepAliveTimeoutBuffer: 50 }],
  ['one that nobody knows', { nobodyKnows: true }],
];

/** What it documents for `https.Agent`, `tls.connect` and `tls.createSecureContext`. */
const OF_HTTPS: [name: string, options: Made][] = [
  ['allowPartialTrustChain', { ca: certs.server.cert, allowPartialTrustChain: true }],
  ['ca', { ca: certs.ca }],
  ['ca of somebody else', { ca: certs.otherCa }],
  ['cert and key', { ...certs.client }],
  ['pfx', { pfx: certs.clientPfx, passphrase: certs.passphrase }],
  ['ciphers', { ciphers: 'ECDHE-RSA-AES256-GCM-SHA384', maxVersion: 'TLSv1.2' }],
  ['minVersion', { minVersion: 'TLSv1.3' }],
  ['maxVersion', { maxVersion: 'TLSv1.2' }],
  ['secureProtocol', { secureProtocol: 'TLSv1_2_method' }],
  ['secureOptions', { secureOptions: constants.SSL_OP_NO_TLSv1_3 }],
  ['sigalgs', { sigalgs: 'RSA+SHA1' }],
  ['ecdhCurve', { ecdhCurve: 'P-384' }],
  ['honorCipherOrder', { honorCipherOrder: true }],
  ['sessionIdContext', { sessionIdContext: 'context' }],
  ['sessionTimeout', { sessionTimeout: 10 }],
  ['ticketKeys', { ticketKeys: Buffer.alloc(48, 1) }],
  ['secureContext', () => ({ ca: certs.otherCa, secureContext: createSecureContext({ ca: certs.ca }) })],
  ['checkServerIdentity', { checkServerIdentity: refuse }],
  ['rejectUnauthorized', { ca: certs.otherCa, rejectUnauthorized: false }],
  ['servername', { servername: 'other.test', checkServerIdentity: () => undefined }],
  ['no servername', { servername: '' }],
  ['minDHSize', { minDHSize: 2048 }],
  ['requestOCSP', { requestOCSP: true }],
  ['pskCallback', { pskCallback: () => null }],
  ['session', () => ({ session: Buffer.from('no session') })],
  ['ALPNProtocols', { ALPNProtocols: ['http/1.0'] }],
  ['maxCachedSessions', { maxCachedSessions: 0 }],
];

const CASES = [
  ...OF_ANY.map(([name, options]) => ['http' as const, name, options] as const),
  ...OF_ANY.map(([name, options]) => ['https' as const, name, options] as const),
  ...OF_HTTPS.map(([name, options]) => ['https' as const, name, options] as const),
];

let origins: Record<Scheme, Origin>;
beforeAll(async () => {
  const tls = { requestCert: true, rejectUnauthorized: false, ca: certs.ca };
  origins = { http: await startOrigin(), https: await startOrigin({ tls }) };
});

/** The policy's instance, with no TLS material but the agent's. */
const withPolicy = (defaults: AxiosRequestConfig, client = {}) =>
  attached({ client: { tls: undefined, ...client }, defaults: defaults as object }).http;

function agentOf(scheme: Scheme, options: Options): HttpAgent {
  if (scheme === 'http') return new HttpAgent(options as AgentOptions);
  return new HttpsAgent({ ca: certs.ca, ...options } as HttpsAgentOptions);
}

/** Puts an agent in the place of the global one. @returns puts that back. */
function makeGlobal(scheme: Scheme, agent: HttpAgent): () => void {
  const core = scheme === 'http' ? http : https;
  const before = core.globalAgent;
  core.globalAgent = agent as HttpsAgent;
  return () => {
    core.globalAgent = before as HttpsAgent;
  };
}

/** What client and server saw of a request. */
async function outcomeOf(
  instance: AxiosInstance,
  scheme: Scheme,
  config: AxiosRequestConfig,
  options: Options,
) {
  const origin = origins[scheme];
  const before = origin.handshakes.length;
  try {
    const { status } = await instance.get(origin.url, { ...config, timeout: 3000 });
    const { address, port } = origin.requests.at(-1)?.from ?? {};
    const { servername, alpnProtocol, clientName, cipher, protocol } = origin.handshakes[before] ?? {};
    return {
      status,
      address,
      isOfPort: options.localPort === undefined || options.localPort === port,
      cipher,
      protocol,
      servername,
      // An agent says nothing of ALPN unless it names protocols.
      alpnProtocol: options.ALPNProtocols === undefined ? undefined : alpnProtocol,
      clientName,
    };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { code, message: code === undefined ? message : undefined };
  }
}

async function outcomeAt(
  place: (typeof PLACES)[number],
  make: (defaults: AxiosRequestConfig) => AxiosInstance,
  scheme: Scheme,
  options: Options,
) {
  const agent = agentOf(scheme, options);
  const given = scheme === 'http' ? { httpAgent: agent } : { httpsAgent: agent };
  const restore = place === 'as the global agent' ? makeGlobal(scheme, agent) : () => {};
  try {
    const instance = make(place === 'on the instance' ? given : {});
    return await outcomeOf(instance, scheme, place === 'on the request' ? given : {}, options);
  } finally {
    restore();
    agent.destroy();
  }
}

describe.each(PLACES)('What an agent says holds as with bare axios, %s', (place) => {
  it.each(CASES)('%s: %s', async (scheme, _name, made) => {
    const options = async () => (typeof made === 'function' ? made() : made);
    const bare = await outcomeAt(
      place,
      (defaults) => axios.create(defaults as object),
      scheme,
      await options(),
    );
    const ours = await outcomeAt(place, withPolicy, scheme, await options());
    expect(ours).toEqual(bare);
  });
});

describe('An agent whose material cannot be read', () => {
  const options = { pfx: 'no pfx' };

  it('is told of at attach, if it is the instance’s', () => {
    expect(() => withPolicy({ httpsAgent: new HttpsAgent(options) })).toThrow(
      /instance\.defaults\.httpsAgent/,
    );
  });

  it.each(['on the request', 'as the global agent'] as const)(
    'fails requests as with bare axios, %s',
    async (place) => {
      const bare = await outcomeAt(place, (defaults) => axios.create(defaults as object), 'https', options);
      expect(await outcomeAt(place, withPolicy, 'https', options)).toEqual(bare);
      expect(bare).not.toHaveProperty('status');
    },
  );
});
