import { connect, createServer } from 'node:net';
import axios from 'axios';
import { SESSION_WINDOW_BYTES, STREAM_WINDOW_BYTES } from '../../../lib/transport/http2/connect.js';
import { atEnd } from '../../helpers/cleanup.js';
import { http2Client, overHttp2 } from '../../helpers/http2-client.js';
import { FRAME, frameParser, startFrameOrigin } from '../../helpers/http2-frames.js';
import { respond, startHttp2Origin } from '../../helpers/http2-origin.js';
import { listen, shut, trackSockets } from '../../helpers/tcp.js';
import { until } from '../../helpers/wait.js';

/** Lets the client's frames pass up to its first request, and nothing after it: an endless way to the server. */
async function startOneWay(port: number): Promise<number> {
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    let isOpen = true;
    const parse = frameParser(24, ({ type }) => {
      if (type === FRAME.headers) isOpen = false;
    });
    client.on('data', (chunk) => {
      if (isOpen) upstream.write(chunk);
      parse(chunk);
    });
    upstream.pipe(client);
    upstream.on('error', () => client.destroy());
    client.on('error', () => {}).on('close', () => upstream.destroy());
  });
  const open = trackSockets(server);
  atEnd(() => shut(server, open));
  return listen(server);
}

describe('flow control', () => {
  it('gives both a stream and the session more than the 64 KiB of the protocol', async () => {
    const origin = await startFrameOrigin((peer, id) => void peer.headers(id, { ':status': 200 }, true));
    await overHttp2(axios, http2Client({ http2Only: true })).api.get(origin.url);
    const [settings] = origin.frames.filter(({ type, flags }) => type === FRAME.settings && flags === 0);
    const values = new Map<number, number>();
    for (let at = 0; at < (settings?.payload.length ?? 0); at += 6) {
      values.set(settings?.payload.readUInt16BE(at) ?? 0, settings?.payload.readUInt32BE(at + 2) ?? 0);
    }
    expect(values.get(4)).toBe(STREAM_WINDOW_BYTES);
    const isOfSession = ({ type, streamId }: { type: number; streamId: number }) =>
      type === FRAME.windowUpdate && streamId === 0;
    await until(() => origin.frames.some(isOfSession));
    const [update] = origin.frames.filter(isOfSession);
    expect(65_535 + (update?.payload.readUInt32BE(0) ?? 0)).toBe(SESSION_WINDOW_BYTES);
  });

  it('gets 2 MB without a single round trip after the request', async () => {
    const origin = await startHttp2Origin({ tls: false });
    origin.always(respond({ body: 'x'.repeat(2_000_000) }));
    const port = await startOneWay(origin.port);
    const { api } = overHttp2(axios, http2Client({ http2Only: true }));
    const { data } = await api.get<string>(`http://127.0.0.1:${port}/`);
    expect(data).toHaveLength(2_000_000);
  });

  it('does not let a response that nobody reads starve the others', async () => {
    // Megabytes the server may keep for a session; by default it refuses streams beyond 10.
    const origin = await startHttp2Origin({ tls: false, server: { maxSessionMemory: 100 } });
    origin.always(respond({ body: 'x'.repeat(9_000_000) }));
    const { api } = overHttp2(axios, http2Client({ http2Only: true }), { baseURL: origin.url });
    const unread = await Promise.all([1, 2, 3].map(() => api.get('/', { responseType: 'stream' })));
    expect((await api.get<string>('/')).data).toHaveLength(9_000_000);
    for (const { data } of unread) data.destroy();
  });
});
