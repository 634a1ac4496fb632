// @ts-check
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { always, withHttp } from '../behaviour.mjs';
import { rejectionOf, textOf } from '../world.mjs';

/**
 * Sends a body that is answered 503 at first.
 *
 * @param {import('../world.mjs').World} world
 * @param {unknown} data
 * @param {import('axios').AxiosRequestConfig} [config]
 */
async function sendTwice(world, data, config) {
  const origin = await world.serve([503, 200]);
  const { http } = world.attach();
  await http.post(origin.url, data, config);
  assert.equal(origin.requests.length, 2);
  const [first, second] = origin.requests;
  if (first === undefined || second === undefined) throw new Error('unreachable');
  return [first, second];
}

export const bodies = [
  always('A JSON body is sent again as it was.', async (world) => {
    const [first, second] = await sendTwice(world, { a: ['ä', 1], b: null });
    assert.equal(first?.body, '{"a":["ä",1],"b":null}');
    assert.equal(second?.body, first?.body);
    assert.match(String(second?.headers['content-type']), /^application\/json/);
  }),

  always('A Buffer is sent again byte for byte.', async (world) => {
    const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 256));
    const [first, second] = await sendTwice(world, bytes);
    assert.ok(first?.bytes.equals(bytes));
    assert.ok(second?.bytes.equals(bytes));
  }),

  always('URLSearchParams are sent again as they were.', async (world) => {
    const [first, second] = await sendTwice(world, new URLSearchParams({ a: 'ä b', c: '1' }));
    assert.equal(first?.body, 'a=%C3%A4+b&c=1');
    assert.equal(second?.body, first?.body);
    assert.match(String(second?.headers['content-type']), /^application\/x-www-form-urlencoded/);
  }),

  always('FormData is sent again whole.', async (world) => {
    const form = new FormData();
    form.append('text', 'välue');
    form.append('file', new Blob(['content'], { type: 'text/css' }), 'a.css');
    const [first, second] = await sendTwice(world, form);
    const parts = [
      'Content-Disposition: form-data; name="text"',
      'välue',
      'Content-Disposition: form-data; name="file"; filename="a.css"',
      'Content-Type: text/css',
      'content',
    ];
    for (const received of [first, second]) {
      const [boundary = ''] = String(received?.body).split('\r\n');
      assert.match(boundary, /^--\S{10,}$/);
      const lines = String(received?.body)
        .split('\r\n')
        .filter((line) => line && !line.startsWith(boundary));
      assert.deepEqual(
        lines.filter((line) => parts.includes(line)),
        parts,
      );
    }
  }),

  withHttp('FormData is sent again byte for byte.', async (world) => {
    const form = new FormData();
    form.append('file', new Blob(['content']), 'a.bin');
    const [first, second] = await sendTwice(world, form);
    assert.equal(second?.body, first?.body);
    assert.equal(second?.headers['content-type'], first?.headers['content-type']);
    const boundary = /boundary=(\S+)/.exec(String(first?.headers['content-type']))?.[1];
    assert.ok(first?.body.startsWith(`--${boundary}\r\n`));
  }),

  always('A Blob is sent again as it was.', async (world) => {
    const [first, second] = await sendTwice(world, new Blob(['of a blob'], { type: 'image/png' }));
    assert.equal(first?.body, 'of a blob');
    assert.equal(second?.body, first?.body);
    assert.equal(second?.headers['content-type'], first?.headers['content-type']);
  }),

  always('A stream is sent once: a failure is final.', async (world) => {
    const origin = await world.serve([503]);
    const { http } = world.attach();
    const error = await rejectionOf(http.post(origin.url, Readable.from([Buffer.from('once')])));
    assert.equal(error.response?.status, 503);
    assert.equal(world.library.getPolicyMetadata(error)?.giveUp, 'body-not-replayable');
    assert.deepEqual(
      origin.requests.map(({ body }) => body),
      ['once'],
    );
  }),

  always('A stream that policy.body makes anew is sent whole on every attempt.', async (world) => {
    const origin = await world.serve([503, 503, 200]);
    const { http } = world.attach();
    let made = 0;
    const body = () => {
      made += 1;
      return Readable.from([Buffer.from('stream '), Buffer.from(String(made))]);
    };
    await http.post(origin.url, undefined, { policy: { body } });
    assert.deepEqual(
      origin.requests.map((received) => received.body),
      ['stream 1', 'stream 2', 'stream 3'],
    );
  }),

  always('Request transforms run once.', async (world) => {
    let runs = 0;
    const transformRequest = () => {
      runs += 1;
      return `run ${runs}`;
    };
    const [first, second] = await sendTwice(world, 'x', { transformRequest });
    assert.deepEqual([first?.body, second?.body, runs], ['run 1', 'run 1', 1]);
  }),

  always('A body over maxContentLength is not asked for again.', async (world) => {
    const origin = await world.serve((_req, res) => res.end('x'.repeat(100)));
    const { http } = world.attach();
    /** @param {import('axios').AxiosInstance} instance */
    const settle = (instance) =>
      instance.get(origin.url, { maxContentLength: 50 }).then(
        ({ status, data }) => [status, data],
        ({ code, message }) => [code, message],
      );
    const settled = await settle(http);
    assert.equal(origin.requests.length, 1);
    assert.deepEqual(settled, await settle(world.bare()));
  }),

  always('A response that was retried can be read as a stream.', async (world) => {
    const origin = await world.serve((_req, res, n) => {
      res.statusCode = n === 1 ? 503 : 200;
      res.write('one ');
      setTimeout(() => res.end('two'), 10);
    });
    const { http } = world.attach();
    const { data } = await http.get(origin.url, { responseType: 'stream' });
    assert.equal(await textOf(data), 'one two');
    assert.equal(origin.requests.length, 2);
  }),

  always('A body that is cut short is asked for again.', async (world) => {
    const origin = await world.serve((req, res, n) => {
      res.writeHead(200, { 'Content-Length': '8' });
      if (n > 1) res.end('complete');
      else res.write('comp', () => req.socket.destroy());
    });
    const { http } = world.attach();
    assert.equal((await http.get(origin.url)).data, 'complete');
    assert.equal(origin.requests.length, 2);
  }),

  withHttp('A download that is cut goes on where it stopped.', async (world) => {
    const whole = 'The whole of the object.';
    const origin = await world.serve((req, res, n) => {
      const headers = { ETag: '"1"', 'Accept-Ranges': 'bytes' };
      const from = Number(/^bytes=(\d+)-/.exec(req.headers.range ?? '')?.[1] ?? 0);
      const rest = whole.slice(from);
      if (n > 1) {
        const range = `bytes ${from}-${whole.length - 1}/${whole.length}`;
        res.writeHead(206, { ...headers, 'Content-Range': range, 'Content-Length': rest.length }).end(rest);
        return;
      }
      res.writeHead(200, { ...headers, 'Content-Length': whole.length });
      res.write(whole.slice(0, 9));
      setTimeout(() => req.socket.destroy(), 50);
    });
    const { http } = world.attach();
    const { data, status } = await http.get(origin.url, { responseType: 'stream' });
    assert.deepEqual([status, await textOf(data)], [200, whole]);
    const [, resumed] = origin.requests;
    assert.match(String(resumed?.headers.range), /^bytes=9-(?:23)?$/);
    assert.equal(resumed?.headers['if-range'], '"1"');
  }),
];
