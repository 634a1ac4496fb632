import http, { Agent as HttpAgent } from 'node:http';
import https, { Agent as HttpsAgent } from 'node:https';
import type { Duplex } from 'node:stream';
import { inspect } from 'node:util';
import { attached, failureOf } from '../helpers/attached.js';
import * as certs from '../helpers/certs.js';
import { atEnd } from '../helpers/cleanup.js';
import { failingLookup } from '../helpers/faults.js';
import { handler, held, type Origin, reply, startOrigin } from '../helpers/origin.js';
import { until } from '../helpers/wait.js';

const client = { tls: undefined };

/** Counts the connections it makes. */
class CountingAgent extends HttpsAgent {
  made = 0;

  override createConnection(...args: Parameters<HttpsAgent['createConnection']>): Duplex | null | undefined {
    this.made += 1;
    return super.createConnection(...args);
  }
}

/** Its types leave out the options. */
const globalAgentOf = (core: typeof http | typeof https) => core.globalAgent as HttpsAgent;

/** Puts the global agents back as they were, when the test ends. */
function mayChangeGlobals(): void {
  for (const core of [http, https]) {
    const agent = globalAgentOf(core);
    const options = { ...agent.options };
    const { maxSockets } = agent;
    atEnd(() => {
      core.globalAgent = agent;
      agent.maxSockets = maxSockets;
      Reflect.deleteProperty(agent, 'createConnection');
      for (const name of Object.keys(agent.options)) Reflect.deleteProperty(agent.options, name);
      Object.assign(agent.options, options);
    });
  }
}

/** Sends five requests together and answers them one by one. @returns how many the origin has when no more come. */
async function concurrency(origin: Origin, get: () => Promise<unknown>, expected: number): Promise<number> {
  const waiting: (() => void)[] = [];
  origin.always(handler((_request, response) => void waiting.push(() => void response.end())));
  const all = Promise.all(Array.from({ length: 5 }, get));
  let most = 0;
  for (let answered = 0; answered < 5; answered += 1) {
    await until(() => waiting.length >= Math.min(expected, 5 - answered));
    most = Math.max(most, waiting.length);
    waiting.shift()?.();
  }
  await all;
  return most;
}

beforeEach(mayChangeGlobals);

describe('The global agents, where an instance has none', () => {
  it('count for nothing as long as they say what Node put there', async () => {
    const origin = await startOrigin();
    const before = inspect(http.globalAgent, { depth: 4 });
    const { http: instance, policy } = attached();
    for (let i = 0; i < 3; i += 1) await instance.get(origin.url);
    expect(origin.connections).toBe(1);
    expect(policy.stats().pools).toHaveLength(1);
    expect(inspect(http.globalAgent, { depth: 4 })).toBe(before);
  });

  it('give their authorities, also such as are set and taken away later', async () => {
    const origin = await startOrigin({ tls: true });
    const { http: instance } = attached({ client });
    const untrusted = await failureOf(instance.get(origin.url));
    https.globalAgent.options.ca = [certs.otherCa];
    expect((await failureOf(instance.get(origin.url))).code).toBe(untrusted.code);
    (https.globalAgent.options.ca as string[]).push(certs.ca);
    expect((await instance.get(origin.url)).status).toBe(200);
    Reflect.deleteProperty(https.globalAgent.options, 'ca');
    expect((await failureOf(instance.get(origin.url))).code).toBe(untrusted.code);
  });

  it('yield to client.tls', async () => {
    const origin = await startOrigin({ tls: true });
    https.globalAgent.options.ca = certs.otherCa;
    const { http: instance } = attached();
    expect((await instance.get(origin.url)).status).toBe(200);
  });

  it.each(['http', 'https'] as const)('give a resolver that is put on them later: %s', async (scheme) => {
    const origin = await startOrigin({ tls: scheme === 'https' });
    const { http: instance } = attached();
    const url = `${scheme}://localhost:${origin.port}`;
    if (scheme === 'https') await instance.get(url);
    Object.assign(globalAgentOf(scheme === 'http' ? http : https).options, {
      lookup: failingLookup('EBLOCKED'),
    });
    expect((await failureOf(instance.get(url))).code).toBe('EBLOCKED');
  });

  it('give a limit of sockets that is set later', async () => {
    const origin = await startOrigin();
    const { http: instance } = attached();
    expect(await concurrency(origin, () => instance.get(origin.url), 5)).toBe(5);
    http.globalAgent.maxSockets = 2;
    expect(await concurrency(origin, () => instance.get(origin.url), 2)).toBe(2);
  });

  it('are used as they are when one is replaced by an agent of a class of its own', async () => {
    const origin = await startOrigin({ tls: true });
    const { http: instance, policy } = attached({ client });
    await failureOf(instance.get(origin.url));
    const agent = new CountingAgent({ ca: certs.ca, keepAlive: true });
    atEnd(() => agent.destroy());
    https.globalAgent = agent;
    for (let i = 0; i < 3; i += 1) await instance.get(origin.url);
    expect(agent.made).toBe(1);
    expect(policy.stats().pools).toEqual([]);
  });

  it('are used as they are when somebody puts a way to connect on one', async () => {
    const origin = await startOrigin();
    const { http: instance } = attached();
    await instance.get(origin.url);
    const refusal = Object.assign(new Error('not there'), { code: 'EGUARDED' });
    Object.assign(http.globalAgent, {
      createConnection: () => {
        throw refusal;
      },
    });
    const uncaught = failureOf(instance.get(origin.url, { maxRedirects: 0 }));
    expect((await uncaught).message).toBe('not there');
  });
});

describe('An instance’s agent', () => {
  it('counts as it is when a request is made: new options make new connections', async () => {
    const origin = await startOrigin({ tls: true });
    const httpsAgent = new HttpsAgent({ ca: certs.ca, keepAlive: true });
    const { http: instance, policy } = attached({ client, defaults: { httpsAgent } });
    await instance.get(origin.url);
    httpsAgent.options.ca = certs.otherCa;
    expect((await failureOf(instance.get(origin.url))).code).toMatch(/UNABLE|SELF_SIGNED/);
    httpsAgent.options.ca = certs.ca;
    await instance.get(origin.url);
    expect(origin.connections).toBe(3);
    await until(() => policy.stats().pools.filter(({ idle }) => idle > 0).length === 1);
  });

  it('may be replaced: the next one is taken over as the first one was', async () => {
    const origin = await startOrigin({ tls: true });
    const { http: instance, policy } = attached({
      client,
      defaults: { httpsAgent: new HttpsAgent({ ca: certs.otherCa }) },
    });
    await failureOf(instance.get(origin.url));
    instance.defaults.httpsAgent = new HttpsAgent({ ca: certs.ca });
    await instance.get(origin.url);
    await instance.get(origin.url);
    expect(origin.connections).toBe(2);
    await until(() => policy.stats().pools.some(({ idle }) => idle === 1));
  });

  it('lets what is under way finish on the connections it was begun on, and no idle one stay', async () => {
    const origin = await startOrigin();
    const old = held();
    origin.enqueue(old, old, reply({ body: 'new' }));
    const httpAgent = new HttpAgent();
    const { http: instance, policy } = attached({ defaults: { httpAgent } });
    const underWay = [instance.get(origin.url), instance.get(origin.url)];
    await until(() => origin.requests.length === 2);
    httpAgent.maxSockets = 7;
    expect((await instance.get(origin.url)).data).toBe('new');
    expect(policy.stats().pools.map(({ active }) => active)).toContain(2);
    old.release();
    expect((await Promise.all(underWay)).map(({ status }) => status)).toEqual([200, 200]);
    await until(() => origin.openSockets === 1);
    expect(policy.stats().pools).toMatchObject([{ active: 0, idle: 1 }]);
  });

  it('may be another one for each request, and nothing is left of those before', async () => {
    const origin = await startOrigin();
    const { http: instance, policy } = attached();
    for (let i = 0; i < 50; i += 1) {
      instance.defaults.httpAgent = new HttpAgent({ keepAlive: true });
      await instance.get(origin.url);
    }
    await until(() => origin.openSockets === 1);
    expect(policy.stats().pools).toHaveLength(1);
    await policy.close();
    await origin.idle();
  });
});
