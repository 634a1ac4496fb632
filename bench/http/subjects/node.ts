/** What node itself can do: the limit for everything that is built upon it. */
import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:http2';
import { Agent as HttpsAgent, request as requestByTls } from 'node:https';
import type { Readable } from 'node:stream';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { POSTED } from '../payloads.js';
import type { Target } from '../scenarios.js';
import type { Send, Subject } from './subject.js';

function receive({ expects }: Target, from: Readable, done: (payload: unknown) => void): void {
  const chunks: Buffer[] = [];
  from.on('data', (chunk: Buffer) => chunks.push(chunk));
  from.on('end', () => {
    const body = Buffer.concat(chunks);
    done(expects === 'bytes' ? body : JSON.parse(body.toString()));
  });
}

type Start = (onResponse: (response: IncomingMessage) => void) => ClientRequest;

function start({ wire, url, method, proxyUrl }: Target): Start {
  if (wire === 'http') {
    const agent = new HttpAgent({ keepAlive: true });
    return (onResponse) => request(url, { method, agent }, onResponse);
  }
  const agent =
    wire === 'proxy'
      ? new HttpsProxyAgent(proxyUrl, { keepAlive: true })
      : new HttpsAgent({ keepAlive: true });
  return (onResponse) => requestByTls(url, { method, agent }, onResponse);
}

function http1(target: Target): Send {
  const begin = start(target);
  return () =>
    new Promise((resolve, reject) => {
      const sent = begin((response) => receive(target, response, resolve));
      sent.on('error', reject);
      if (target.method === 'POST') {
        const body = JSON.stringify(POSTED);
        sent.setHeader('content-type', 'application/json');
        sent.setHeader('content-length', Buffer.byteLength(body));
        sent.end(body);
      } else sent.end();
    });
}

function http2(target: Target): Send {
  const { origin, pathname } = new URL(target.url);
  const session = connect(origin);
  return () =>
    new Promise((resolve, reject) => {
      const stream = session.request({ ':path': pathname });
      stream.on('error', reject);
      receive(target, stream, resolve);
    });
}

export const nodeSubject: Subject = {
  name: 'node:http',
  wires: ['http', 'https', 'proxy', 'http2'],
  open: (target) => (target.wire === 'http2' ? http2(target) : http1(target)),
};
