import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { ClientConfig } from '../../../lib/index.js';
import { attached, failureOf, policyCodeOf } from '../../helpers/attached.js';
import { portToTake, startRelay } from '../../helpers/faults.js';
import { handler, never, type Origin, startOrigin } from '../../helpers/origin.js';
import {
  findProgram,
  type RealServer,
  runServer,
  TLS_FILES,
  temporaryDirectory,
} from '../../helpers/real-server.js';
import { until } from '../../helpers/wait.js';

const SMALL = 'small\n';
const LARGE = randomBytes(1_000_000);
const TEXT = 'All work and no play. '.repeat(50_000);
const RETRY = { maxRetries: 10, backoff: { initBackoff: 5, maxBackoff: 50 } };
const MODES: ReadonlyArray<{ mode: string; client: ClientConfig }> = [
  { mode: 'http1Only: false', client: { http1Only: false } },
  { mode: 'http2Only: true', client: { http2Only: true } },
];

type Start = (program: string) => Promise<Started>;

/** Where a peer answers over TLS with HTTP/2. Uploads to `/echo` come back. */
interface Started {
  readonly server: RealServer;
  readonly port: number;
}

async function documents(): Promise<string> {
  const directory = await temporaryDirectory();
  await writeFile(join(directory, 'small.txt'), SMALL);
  await writeFile(join(directory, 'large.bin'), LARGE);
  await writeFile(join(directory, 'large.txt'), TEXT);
  return directory;
}

interface Nginx extends Started {
  /** Ends a connection after its fifth request. */
  readonly fewPort: number;
  /** Knows HTTP/1.1 only. */
  readonly http1Port: number;
  /** Answers the requests below `/echo`. */
  readonly origin: Origin;
}

async function startNginx(program: string): Promise<Nginx> {
  const origin = await startOrigin();
  origin.always(handler((_request, response, { body }) => void response.end(body)));
  const [port, fewPort, http1Port] = [await portToTake(), await portToTake(), await portToTake()];
  const directory = await documents();
  const kept = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const locations = `
    location /echo { proxy_pass http://127.0.0.1:${origin.port}; }
    location = /unread { return 200 "answered\\n"; }`;
  const configFile = join(directory, 'nginx.conf');
  await writeFile(
    configFile,
    `
daemon off;
master_process off;
pid ${directory}/nginx.pid;
error_log /dev/null crit;
events { worker_connections 512; }
http {
  access_log off;
  root ${directory};
  types { text/plain txt; }
  default_type application/octet-stream;
  ${kept.map((name) => `${name}_temp_path ${directory}/${name};`).join('\n  ')}
  client_max_body_size 2m;
  gzip on;
  gzip_types text/plain;
  ssl_certificate ${TLS_FILES.cert};
  ssl_certificate_key ${TLS_FILES.key};
  server { listen 127.0.0.1:${port} ssl http2; ${locations} }
  server { listen 127.0.0.1:${fewPort} ssl http2; keepalive_requests 5; ${locations} }
  server { listen 127.0.0.1:${http1Port} ssl; ${locations} }
}
`,
  );
  const args = ['-e', '/dev/null', '-p', directory, '-c', configFile];
  const server = await runServer(program, args, [port, fewPort, http1Port]);
  return { server, port, fewPort, http1Port, origin };
}

async function startNghttpd(program: string, ...extra: string[]): Promise<Started> {
  const port = await portToTake();
  const directory = await documents();
  const options = ['-a', '127.0.0.1', '-d', directory, '--echo-upload', ...extra];
  const tls = extra.includes('--no-tls') ? [] : [TLS_FILES.key, TLS_FILES.cert];
  return { server: await runServer(program, [...options, `${port}`, ...tls], [port]), port };
}

/** An instance with a policy, whose requests go to `port` over connections that are counted. */
async function over(port: number, { client, retry = false }: Parameters<typeof attached>[0] = {}) {
  const relay = await startRelay(port);
  const { http, policy } = attached({
    client: { ...client },
    retry,
    defaults: { baseURL: `https://${relay.host}`, proxy: false },
  });
  const sessions = () => policy.stats().http2.flatMap((origin) => origin.sessions);
  return { http, policy, relay, sessions };
}

const servesRequests = (program: string, start: Start) => {
  let port: number;
  beforeAll(async () => {
    ({ port } = await start(program));
  }, 30_000);

  describe.each(MODES)('with $mode', ({ client }) => {
    it('a small and a large body come whole, over one connection', async () => {
      const { http, relay, sessions } = await over(port, { client });
      expect((await http.get('/small.txt')).data).toBe(SMALL);
      const { data } = await http.get<Buffer>('/large.bin', { responseType: 'arraybuffer' });
      expect(LARGE.equals(data)).toBe(true);
      expect(relay.sockets).toHaveLength(1);
      await until(() => sessions()[0]?.activeStreams === 0);
      expect(sessions()).toMatchObject([{ openedStreams: 2 }]);
    });

    it.each([0, 1, 1_000_000])('an upload of %i bytes comes back unharmed', async (size) => {
      const { http } = await over(port, { client });
      const body = LARGE.subarray(0, size);
      const { status, data } = await http.post<Buffer>('/echo', body, { responseType: 'arraybuffer' });
      expect(status).toBe(200);
      expect(body.equals(data)).toBe(true);
    });

    it('twenty requests at once share one connection', async () => {
      const { http, relay, sessions } = await over(port, { client });
      const paths = Array.from({ length: 20 }, (_, index) => `/large.bin?${index}`);
      const all = await Promise.all(
        paths.map((path) => http.get<Buffer>(path, { responseType: 'arraybuffer' })),
      );
      expect(all.filter(({ data }) => LARGE.equals(data))).toHaveLength(20);
      expect(relay.sockets).toHaveLength(1);
      expect(sessions()).toMatchObject([{ openedStreams: 20 }]);
    });

    it('HEAD has the headers of GET and no body', async () => {
      const { http } = await over(port, { client });
      const { status, headers, data } = await http.head('/large.bin');
      expect({ status, length: headers['content-length'], data }).toEqual({
        status: 200,
        length: '1000000',
        data: '',
      });
    });

    it('404 is a response, after which the connection serves on', async () => {
      const { http, relay } = await over(port, { client });
      const error = await failureOf(http.get('/missing'));
      expect(error).toMatchObject({ code: 'ERR_BAD_REQUEST', response: { status: 404 } });
      expect((await http.get('/small.txt')).status).toBe(200);
      expect(relay.sockets).toHaveLength(1);
    });

    it('a download that is cancelled ends alone: the connection serves on', async () => {
      const { http, relay } = await over(port, { client });
      const controller = new AbortController();
      const { data } = await http.get('/large.bin', { responseType: 'stream', signal: controller.signal });
      data.once('data', () => controller.abort());
      await expect(data.toArray()).rejects.toThrow('canceled');
      expect((await http.get('/small.txt')).data).toBe(SMALL);
      expect(relay.sockets).toHaveLength(1);
    });
  });
};

const comesBack = (program: string, start: Start) => {
  it.each(MODES)('has the next requests over a new connection, with $mode', async ({ client }) => {
    const { port, server } = await start(program);
    const { http, relay, sessions } = await over(port, { client });
    await http.get('/small.txt');
    await server.kill();
    await until(() => sessions().length === 0);
    await server.start();
    expect((await http.post('/echo', 'order')).data).toBe('order');
    expect((await http.get('/small.txt')).data).toBe(SMALL);
    expect(relay.sockets).toHaveLength(2);
  });

  it.each(MODES)('has requests retried that come while it is away, with $mode', async ({ client }) => {
    const { port, server } = await start(program);
    const { http } = await over(port, { client, retry: { ...RETRY, maxRetries: 1000 } });
    await http.get('/small.txt');
    await server.kill();
    const answers = Promise.all([http.get('/small.txt'), http.post('/echo', 'order')]);
    await server.start();
    expect((await answers).map(({ data }) => data)).toEqual([SMALL, 'order']);
  });
};

const asNginx = (program: string) => {
  let nginx: Nginx;
  beforeAll(async () => {
    nginx = await startNginx(program);
  }, 30_000);

  describe.each(MODES)('with $mode', ({ client }) => {
    it('text comes with gzip, and is unpacked unless the caller wants it packed', async () => {
      const { http } = await over(nginx.port, { client });
      expect((await http.get('/large.txt')).data).toBe(TEXT);
      const packed = await http.get<Buffer>('/large.txt', { decompress: false, responseType: 'arraybuffer' });
      expect(packed.headers['content-encoding']).toBe('gzip');
      expect(gunzipSync(packed.data).toString()).toBe(TEXT);
    });

    it('an answer that comes before the upload was read is the answer', async () => {
      const { http, relay } = await over(nginx.port, { client });
      expect((await http.post('/unread', LARGE)).data).toBe('answered\n');
      expect((await http.get('/small.txt')).data).toBe(SMALL);
      expect(relay.sockets).toHaveLength(1);
    });

    it('an upload above client_max_body_size is a 413, not a lost connection', async () => {
      const { http } = await over(nginx.port, { client });
      const error = await failureOf(http.post('/echo', Buffer.alloc(3_000_000)));
      expect(error.response?.status).toBe(413);
    });

    it.each(['GET', 'POST'])(
      'GOAWAY after five: twenty %s in a row take four connections',
      async (method) => {
        const { http, relay } = await over(nginx.fewPort, { client });
        const before = nginx.origin.requests.length;
        for (let number = 0; number < 20; number += 1) {
          const data = method === 'POST' ? `${number}` : undefined;
          const response = await http.request({ method, url: '/echo', data, transformResponse: [] });
          expect(response).toMatchObject({ status: 200, data: data ?? '' });
        }
        expect(nginx.origin.requests.length - before).toBe(20);
        expect(relay.sockets).toHaveLength(4);
      },
    );

    it('GOAWAY after five: of twenty POSTs at once each is carried out, and none twice', async () => {
      const { http } = await over(nginx.fewPort, { client, retry: RETRY });
      const before = nginx.origin.requests.length;
      const orders = Array.from({ length: 20 }, (_, number) => `order ${number}`);
      const answers = await Promise.all(orders.map((order) => http.post('/echo', order)));
      expect(answers.map(({ data }) => data)).toEqual(orders);
      const carriedOut = nginx.origin.requests.slice(before).map(({ body }) => body.toString());
      expect(carriedOut).toHaveLength(20);
      expect(new Set(carriedOut)).toEqual(new Set(orders));
    });

    it('killed with requests under way: a GET is sent again, a POST is not', async () => {
      const { server, port, origin } = await startNginx(program);
      origin.enqueue(never(), never());
      const { http } = await over(port, { client, retry: { ...RETRY, maxRetries: 1000 } });
      // In this order: what comes second on a connection may be sent again for having lost the keep-alive race.
      const post = failureOf(http.post('/echo', 'order'));
      const get = http.get('/echo', { transformResponse: [] });
      await until(() => origin.requests.length === 2);
      await server.kill();
      await server.start();
      expect((await get).status).toBe(200);
      expect((await post).response).toBeUndefined();
      const seen = (wanted: string) => origin.requests.filter(({ method }) => method === wanted);
      expect([seen('GET').length, seen('POST').length]).toEqual([2, 1]);
    });
  });

  it('without HTTP/2 serves a client that negotiates over HTTP/1.1, pooled', async () => {
    const { http, policy, relay } = await over(nginx.http1Port, { client: { http1Only: false } });
    for (let turn = 0; turn < 3; turn += 1) {
      expect((await http.get('/small.txt')).data).toBe(SMALL);
      expect((await http.post('/echo', 'order')).data).toBe('order');
    }
    expect(relay.sockets).toHaveLength(1);
    expect(policy.stats().http2.flatMap(({ sessions }) => sessions)).toEqual([]);
  });

  it('without HTTP/2 is an error for a client that wants nothing else', async () => {
    const { http } = await over(nginx.http1Port, { client: { http2Only: true }, retry: RETRY });
    const error = await failureOf(http.get('/small.txt'));
    expect(policyCodeOf(error)).toBe('ERR_POLICY_HTTP2_NOT_SUPPORTED');
  });

  it('serves the default, HTTP/1.1, where it could do HTTP/2', async () => {
    const { http, policy } = await over(nginx.port);
    expect((await http.get('/small.txt')).data).toBe(SMALL);
    expect(policy.stats().http2).toEqual([]);
  });
};

const asNghttpd = (program: string) => {
  it('without TLS is spoken to with prior knowledge', async () => {
    const { port } = await startNghttpd(program, '--no-tls');
    const { http, relay } = await over(port, { client: { http2Only: true } });
    http.defaults.baseURL = `http://${relay.host}`;
    expect((await http.get('/small.txt')).data).toBe(SMALL);
    expect((await http.post('/echo', 'order')).data).toBe('order');
    expect(relay.sockets).toHaveLength(1);
  });

  it.each(MODES)(
    'with room for three streams serves twenty requests at once, with $mode',
    async ({ client }) => {
      const { port } = await startNghttpd(program, '-m', '3');
      const { http } = await over(port, { client, retry: RETRY });
      const orders = Array.from({ length: 20 }, (_, number) => `order ${number}`);
      const answers = await Promise.all(orders.map((order) => http.post('/echo', order)));
      expect(answers.map(({ data }) => data)).toEqual(orders);
    },
  );

  it.each(MODES)(
    'with padding, trailers and no content-length sends whole bodies, with $mode',
    async ({ client }) => {
      const { port } = await startNghttpd(
        program,
        '-b',
        '200',
        '--trailer',
        'checked: yes',
        '--no-content-length',
      );
      const { http } = await over(port, { client });
      const { data, headers } = await http.get<Buffer>('/large.bin', { responseType: 'arraybuffer' });
      expect(LARGE.equals(data)).toBe(true);
      expect(headers['content-length']).toBeUndefined();
    },
  );
};

const PEERS: ReadonlyArray<{ name: string; start: Start; own: (program: string) => void }> = [
  { name: 'nginx', start: startNginx, own: asNginx },
  { name: 'nghttpd', start: startNghttpd, own: asNghttpd },
];

describe.each(PEERS)('$name', ({ name, start, own }) => {
  const program = findProgram(name);
  if (program === undefined) {
    it('nothing can be tried here, because it is not installed', () => {
      expect(findProgram(name)).toBeUndefined();
    });
    return;
  }
  describe('over TLS', () => servesRequests(program, start));
  describe('that is killed and comes back', () => comesBack(program, start));
  describe('in its own ways', () => own(program));
});
