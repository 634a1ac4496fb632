import http from 'node:http';
import type https from 'node:https';
import type { Socket } from 'node:net';
import { constants, HttpsAgent } from 'agentkeepalive';
import type { AxiosInstance, AxiosStatic, CreateAxiosDefaults, InternalAxiosRequestConfig } from 'axios';
import type { Exchange } from '../../lib/transport/exchange.js';
import { takeHandover } from '../../lib/transport/handover.js';
import { Http2Client } from '../../lib/transport/http2/client.js';
import type { Http2ClientOptions } from '../../lib/transport/http2/options.js';
import { RedirectTransport } from '../../lib/transport/redirect.js';
import * as certs from './certs.js';
import { atEnd } from './cleanup.js';

/** A keep-alive agent that takes connections over, as the policy's own does. */
export class AdoptingAgent extends HttpsAgent {
  override createConnection(
    options: Parameters<HttpsAgent['createConnection']>[0],
    onCreated?: () => void,
  ): Socket {
    const socket = takeHandover(options);
    if (socket === undefined) return super.createConnection(options, onCreated);
    const initialize = constants.INIT_SOCKET as unknown as symbol;
    (this as unknown as Record<symbol, (socket: Socket, options: object) => void>)[initialize]?.(
      socket,
      options,
    );
    return socket;
  }
}

/** A client for tests: negotiates, allows http, trusts the tests' authority. */
export function http2Client(options: Partial<Http2ClientOptions> = {}): Http2Client {
  const httpsAgent = new AdoptingAgent({
    keepAlive: true,
    timeout: 0,
    ALPNProtocols: ['http/1.1'],
    ca: certs.ca,
  });
  const httpAgent = new http.Agent({ keepAlive: true });
  const client = new Http2Client({
    allowHttp: true,
    http2Only: false,
    connectTimeoutMs: 2000,
    poolIdleTimeoutMs: 15_000,
    poolMaxIdlePerHost: Number.POSITIVE_INFINITY,
    http2KeepAliveIntervalMs: false,
    http2KeepAliveTimeoutMs: 20_000,
    http2KeepAliveWhileIdle: false,
    tls: { handshake: {}, material: { ca: certs.ca } },
    http1: { http: httpAgent, https: httpsAgent as unknown as https.Agent },
    ...options,
  });
  atEnd(async () => {
    client.destroy(new Error('The test is over'));
    httpsAgent.destroy();
    httpAgent.destroy();
    await client.close();
  });
  return client;
}

/** An axios instance over a client, and the exchanges it made. */
export interface OverHttp2 {
  readonly api: AxiosInstance;
  readonly exchanges: Exchange[];
  /** The latest exchange. */
  readonly exchange: Exchange;
}

/** Puts an axios instance over HTTP/2, the way a policy does: request by request. */
export function overHttp2(
  axios: AxiosStatic,
  client: Http2Client,
  defaults: CreateAxiosDefaults = {},
  fresh = false,
): OverHttp2 {
  const api = axios.create({ proxy: false, ...defaults });
  const exchanges: Exchange[] = [];
  api.interceptors.request.use((config: InternalAxiosRequestConfig) => {
    const schemes = client.schemesFor({
      connection: fresh ? 'new' : 'any',
      follow: (exchange) => exchanges.push(exchange),
      replace: (exchange, by) => void exchanges.splice(exchanges.indexOf(exchange), 1, by),
    });
    const { maxRedirects, beforeRedirect, sensitiveHeaders } = config;
    const rules = { maxRedirects, sensitiveHeaders, ...(beforeRedirect ? { beforeRedirect } : {}) };
    return Object.assign(config, { transport: new RedirectTransport(schemes, rules) });
  });
  return {
    api,
    exchanges,
    get exchange() {
      const exchange = exchanges.at(-1);
      if (exchange === undefined) throw new Error('There was no exchange');
      return exchange;
    },
  };
}
