import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import axios, { type AxiosAdapter, AxiosHeaders, type AxiosInstance, type CreateAxiosDefaults } from 'axios';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { POSTED, SMALL } from '../payloads.js';
import type { Target, Wire } from '../scenarios.js';
import type { Send, Subject } from './subject.js';

const answerAtOnce: AxiosAdapter = async (config) => ({
  data: SMALL,
  status: 200,
  statusText: 'OK',
  headers: new AxiosHeaders({ 'content-type': 'application/json' }),
  config,
  request: {},
});

/** How each wire is reached by who has read the manual: connections are kept. */
const KEEP_ALIVE: Readonly<Record<Wire, (target: Target) => CreateAxiosDefaults>> = {
  none: () => ({ adapter: answerAtOnce }),
  http: () => ({ httpAgent: new HttpAgent({ keepAlive: true }) }),
  https: () => ({ httpsAgent: new HttpsAgent({ keepAlive: true }) }),
  proxy: ({ proxyUrl }) => ({
    httpsAgent: new HttpsProxyAgent(proxyUrl, { keepAlive: true }),
    proxy: false,
  }),
  http2: () => ({ httpVersion: 2 }),
};

/** An instance with agents that keep connections. */
export function keepAliveInstance(target: Target): AxiosInstance {
  return axios.create({ ...KEEP_ALIVE[target.wire](target), ...responseType(target) });
}

/** An instance as it comes; of the wires that need a setting, only that is set. */
export function plainInstance(target: Target): AxiosInstance {
  const { hostname, port } = new URL(target.proxyUrl);
  return axios.create({
    ...(target.wire === 'proxy' && { proxy: { protocol: 'http', host: hostname, port: Number(port) } }),
    ...(target.wire === 'none' && { adapter: answerAtOnce }),
    ...responseType(target),
  });
}

function responseType({ expects }: Target): CreateAxiosDefaults {
  return expects === 'bytes' ? { responseType: 'arraybuffer' } : {};
}

/** Sends by an instance. */
export function sendBy(instance: AxiosInstance, { url, method }: Target): Send {
  return method === 'POST'
    ? async () => (await instance.post<unknown>(url, POSTED)).data
    : async () => (await instance.get<unknown>(url)).data;
}

/** What everything is compared with. */
export const BASELINE = 'axios, keep-alive';

const keepAlive = (name: string): Subject => ({
  name,
  wires: ['http', 'https', 'proxy', 'http2', 'none'],
  open: (target) => sendBy(keepAliveInstance(target), target),
});

/** axios as it comes, axios with a keep-alive agent, and the same again to show what the measurement is worth. */
export const axiosSubjects: readonly Subject[] = [
  {
    name: 'axios, as it comes',
    wires: ['http', 'https', 'proxy'],
    open: (target) => sendBy(plainInstance(target), target),
  },
  keepAlive(BASELINE),
  keepAlive('axios, keep-alive, again'),
];
