/** A server that answers 101 Switching Protocols to a request that did not ask for it. */
import { Agent, request as nativeRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { AxiosRequestConfig, AxiosResponse } from 'axios';
import { getPolicyMetadata } from '../../lib/index.js';
import { attached, attachedFor, failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { startTcp } from '../helpers/faults.js';
import { startFrameOrigin } from '../helpers/http2-frames.js';
import { raw, startOrigin } from '../helpers/origin.js';
import { startProxy } from '../helpers/proxy.js';
import { until } from '../helpers/wait.js';

const SWITCHING =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x05Hello';

/** To Node a response like any other. */
const NO_PROTOCOL = 'HTTP/1.1 101 Switching Protocols\r\n\r\n';

const REFUSED = {
  isAxiosError: true,
  code: 'ERR_BAD_RESPONSE',
  message: 'The server answered 101 Switching Protocols, which it was not asked for',
};

const patient = {
  client: { timeout: false },
  retry: { backoff: { initBackoff: 1, maxBackoff: 2 } },
} as const;

describe.each(AXIOS_COPIES)('a protocol switch, with $name', ({ axios }) => {
  it.each(['first', 'later'] as const)(
    'a 101 that names no protocol fails a %s request at once',
    async (when) => {
      const server = await startTcp((socket) => socket.once('data', () => socket.write(NO_PROTOCOL)));
      const { http } = await attachedFor(when, { axios, ...patient });
      const error = await failureOf(http.get(`http://${server.host}/`));
      expect(error).toMatchObject({ isAxiosError: true, response: { status: 101 } });
      expect(getPolicyMetadata(error)?.attempts).toBe(1);
    },
  );

  it('a 101 over HTTP/2, which knows of none, fails a request at once', async () => {
    const origin = await startFrameOrigin((peer, id) => peer.headers(id, { ':status': 101 }));
    const { http } = attached({ axios, client: { timeout: false, http2Only: true } });
    for (let turn = 0; turn < 2; turn += 1)
      expect((await failureOf(http.get(origin.url))).isAxiosError).toBe(true);
  });

  it('whoever asks for a switch has it', async () => {
    const server = await startTcp((socket) => socket.once('data', () => socket.write(SWITCHING)));
    const { http } = attached({ axios, ...patient });
    const adapter = (config: AxiosRequestConfig) =>
      new Promise<AxiosResponse>((resolve, reject) => {
        const headers = { Connection: 'Upgrade', Upgrade: 'websocket' };
        const request = nativeRequest(`http://${server.host}/`, {
          agent: config.httpAgent as never,
          headers,
        });
        request.on('upgrade', (_response, socket, head) => {
          socket.destroy();
          resolve({ data: String(head), status: 101, statusText: '', headers: {}, config } as never);
        });
        request.on('error', reject);
        request.end();
      });
    expect((await http.get('/', { adapter })).data).toContain('Hello');
    await until(() => server.openSockets === 0);
  });
});

describe.each(AXIOS_COPIES)('given a switch nobody asked for, with $name', ({ axios }) => {
  it.each(['first', 'later'] as const)('a %s request fails at once, and is not made again', async (when) => {
    const server = await startTcp((socket: Socket) => socket.once('data', () => socket.write(SWITCHING)));
    const { http } = await attachedFor(when, { axios, ...patient });
    for (const method of ['get', 'post']) {
      const error = await failureOf(http.request({ url: `http://${server.host}/`, method }));
      expect(error).toMatchObject(REFUSED);
      expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1, giveUp: 'not-retryable' });
    }
    expect(server.sockets).toHaveLength(2);
    await server.idle();
  });

  it('a request over TLS, and one through a tunnel, fails at once', async () => {
    const origin = (await startOrigin({ tls: true })).always(raw(SWITCHING));
    const proxy = await startProxy();
    for (const proxyUrl of [false, proxy.url] as const) {
      const { http } = attached({ axios, ...patient, client: { timeout: false, proxyUrl } });
      expect(await failureOf(http.get(origin.url))).toMatchObject(REFUSED);
    }
    await origin.idle();
  });

  it('a request with an agent of the caller’s own fails at once', async () => {
    const server = await startTcp((socket) => socket.once('data', () => socket.write(SWITCHING)));
    const httpAgent = new Agent({ keepAlive: true });
    const { http } = await attachedFor('later', { axios, ...patient });
    const error = await failureOf(http.get(`http://${server.host}/`, { httpAgent }));
    expect(error).toMatchObject(REFUSED);
    await server.idle();
    httpAgent.destroy();
  });
});
