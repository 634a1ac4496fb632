import { POSTED } from '../payloads.js';
import type { Subject } from './subject.js';

export const undiciSubject: Subject = {
  name: 'undici.request',
  wires: ['http', 'https', 'proxy', 'http2'],
  async open({ wire, url, method, expects, proxyUrl }) {
    // Not at the top: merely loading it changes what node's fetch sends with.
    const { Agent, ProxyAgent, request } = await import('undici');
    // One connection for all requests of HTTP/2, as with the others.
    const overHttp2 = { allowH2: true, connections: 1, pipelining: 100 };
    const dispatcher =
      wire === 'proxy' ? new ProxyAgent(proxyUrl) : new Agent(wire === 'http2' ? overHttp2 : {});
    const posted = { headers: { 'content-type': 'application/json' } };
    return async () => {
      const content = method === 'POST' ? { ...posted, body: JSON.stringify(POSTED) } : {};
      const { statusCode, body } = await request(url, { dispatcher, method, ...content });
      if (statusCode !== 200) throw new Error(`status ${statusCode}`);
      return expects === 'bytes' ? body.arrayBuffer() : body.json();
    };
  },
};
