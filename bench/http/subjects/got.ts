import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { POSTED } from '../payloads.js';
import type { Subject } from './subject.js';

export const gotSubject: Subject = {
  name: 'got',
  wires: ['http', 'https', 'proxy', 'http2'],
  async open({ wire, url, method, expects, proxyUrl }) {
    const { got } = await import('got');
    const https =
      wire === 'proxy'
        ? new HttpsProxyAgent(proxyUrl, { keepAlive: true })
        : new HttpsAgent({ keepAlive: true });
    const client = got.extend(
      wire === 'http2' ? { http2: true } : { agent: { http: new HttpAgent({ keepAlive: true }), https } },
    );
    if (method === 'POST') return () => client.post(url, { json: POSTED }).json();
    return expects === 'bytes' ? () => client.get(url).buffer() : () => client.get(url).json();
  },
};
