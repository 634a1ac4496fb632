import { Readable } from 'node:stream';
import FormDataPackage from 'form-data';
import { getPolicyMetadata } from '../../lib/index.js';
import { failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { closedPort } from '../helpers/faults.js';
import { never, type Origin, type RecordedRequest, reply, reset } from '../helpers/origin.js';
import { start, times, unavailable } from './setup.js';

interface Sent {
  body: string;
  type: string | undefined;
  length: string | undefined;
}

const sent = ({ body, headers }: RecordedRequest): Sent => ({
  body: body.toString('latin1'),
  type: headers['content-type'],
  length: headers['content-length'],
});

/** Everything that was sent, which must be the same each time. */
function sameEachTime(origin: Origin, count: number): Sent {
  const [first, ...others] = origin.requests.map(sent);
  expect(others).toEqual(Array.from({ length: count - 1 }, () => first));
  return first as Sent;
}

/** On a slow machine more attempts time out than the one that is not answered. */
const atLeast = (count: number, { requests }: Origin): number => Math.max(count, requests.length);

const stream = (text: string): Readable => Readable.from([Buffer.from(text)]);

function form(): FormDataPackage {
  const data = new FormDataPackage();
  data.append('name', 'value');
  data.append('file', Buffer.from([0, 255, 10, 13]), { filename: 'a.bin' });
  return data;
}

function webForm(): FormData {
  const data = new FormData();
  data.append('name', 'value');
  data.append('file', new Blob(['bytes'], { type: 'text/css' }), 'a.css');
  return data;
}

describe.each(AXIOS_COPIES)('given a body in memory, with $name', ({ axios }) => {
  const BODIES: [string, () => unknown, Partial<Sent>][] = [
    ['a string', () => 'text', { body: 'text' }],
    ['an empty string', () => '', { body: '' }],
    ['JSON', () => ({ a: [1, null], b: 'ü' }), { length: '23', type: 'application/json' }],
    ['a Buffer', () => Buffer.from([1, 2, 255]), { body: '\x01\x02\xff' }],
    ['a typed array', () => new Uint16Array([1, 258]), { body: '\x01\x00\x02\x01' }],
    ['an ArrayBuffer', () => new Uint8Array([7, 8]).buffer, { body: '\x07\x08' }],
    ['URLSearchParams', () => new URLSearchParams({ q: 'a b' }), { body: 'q=a+b' }],
    ['a Blob', () => new Blob(['blob'], { type: 'text/x-mine' }), { body: 'blob', type: 'text/x-mine' }],
  ];

  it.each(BODIES)('sends %s three times, byte for byte', async (_name, body, expected) => {
    const { origin, http } = await start({ axios });
    origin.enqueue(...times(2, unavailable()));
    await http.post('/', body());
    expect(sameEachTime(origin, 3)).toMatchObject(expected);
  });

  it('sends every one of them again after a timeout', async () => {
    await Promise.all(
      BODIES.map(async ([, body, expected]) => {
        const { origin, http } = await start({ axios });
        origin.enqueue(never());
        await http.post('/', body(), { policy: { idempotent: true, timeout: 300 } });
        expect(sameEachTime(origin, atLeast(2, origin))).toMatchObject(expected);
      }),
    );
  });
});

describe.each(AXIOS_COPIES)('given a form, with $name', ({ axios }) => {
  const FORMS: [string, () => unknown][] = [
    ['a web FormData', webForm],
    ['the form-data package', form],
  ];

  it.each(FORMS)('sends %s three times with one boundary', async (_name, body) => {
    const { origin, http } = await start({ axios });
    origin.enqueue(...times(2, unavailable()));
    await http.post('/', body());
    const { type = '', body: bytes } = sameEachTime(origin, 3);
    const boundary = /^multipart\/form-data; boundary=(.+)$/.exec(type)?.[1] ?? 'none';
    expect(bytes.startsWith(`--${boundary}\r\n`)).toBe(true);
    expect(bytes.trimEnd().endsWith(`--${boundary}--`)).toBe(true);
    expect(bytes).toContain('value');
  });

  it('sends either whole after a timeout, as multipart with one boundary', async () => {
    await Promise.all(
      FORMS.map(async ([, body]) => {
        const { origin, http } = await start({ axios });
        origin.enqueue(never(), reset());
        await http.post('/', body(), { policy: { idempotent: true, timeout: 300 } });
        expect(sameEachTime(origin, atLeast(3, origin)).type).toMatch(/^multipart\/form-data; boundary=/);
      }),
    );
  });

  it('keeps a boundary that the caller chose', async () => {
    const { origin, http } = await start({ axios });
    origin.enqueue(unavailable());
    const headers = { 'Content-Type': 'multipart/form-data; boundary=my-own-boundary' };
    await http.post('/', webForm(), { headers });
    expect(sameEachTime(origin, 2).type).toBe(headers['Content-Type']);
  });

  it('sends an object of postForm three times with one boundary', async () => {
    const { origin, http } = await start({ axios });
    origin.enqueue(...times(2, unavailable()));
    await http.postForm('/', { name: 'value', list: [1, 2] });
    const { type, body } = sameEachTime(origin, 3);
    expect(type).toMatch(/^multipart\/form-data; boundary=/);
    expect(body).toContain('name="list[]"');
  });

  it('sends it again whole after a lost keep-alive race', async () => {
    const { origin, http } = await start({ axios });
    await http.get('/warm');
    origin.enqueue(reset());
    await http.put('/', form());
    const [, first, second] = origin.requests.map(sent);
    expect(second).toEqual(first);
    expect(second?.body).toContain('value');
  });

  it('sends a form without parts three times as nothing, as axios does', async () => {
    const { origin, http } = await start({ axios });
    origin.enqueue(...times(2, unavailable()));
    await http.postForm('/', {});
    expect(sameEachTime(origin, 3)).toMatchObject({ body: '', length: '0' });
  });

  it('sends the headers of a form each time, also those that it has of its own', async () => {
    const { origin, http } = await start({ axios });
    origin.enqueue(...times(2, unavailable()));
    const data = form();
    const own = { ...data.getHeaders(), 'x-own': 'mine' };
    data.getHeaders = () => own;
    await http.post('/', data);
    expect(origin.requests.map(({ headers }) => headers['x-own'])).toEqual(['mine', 'mine', 'mine']);
    expect(sameEachTime(origin, 3).type).toMatch(/^multipart\/form-data; boundary=-/);
  });

  it('shows the form itself on the config of the response', async () => {
    const { origin, http } = await start({ axios });
    origin.enqueue(unavailable());
    const data = form();
    const { config } = await http.post('/', data);
    expect(config.data).toBe(data);
  });

  it('does not send a form with a stream in it again', async () => {
    const { origin, http } = await start({ axios });
    const data = new FormDataPackage();
    data.append('file', stream('once'), { filename: 'a', knownLength: 4 });
    origin.enqueue(unavailable());
    const error = await failureOf(http.post('/', data));
    expect(error.response?.status).toBe(503);
    expect(getPolicyMetadata(error)?.giveUp).toBe('body-not-replayable');
    expect(origin.requests).toHaveLength(1);
  });
});

describe.each(AXIOS_COPIES)('given a stream, with $name', ({ axios }) => {
  it('sends it once, and gives up with the reason', async () => {
    const reasons: string[] = [];
    const { origin, http } = await start({
      axios,
      retry: { onGiveUp: ({ reason }) => void reasons.push(reason) },
    });
    origin.enqueue(unavailable());
    const error = await failureOf(http.post('/', stream('once')));
    expect(error.response?.status).toBe(503);
    expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1, giveUp: 'body-not-replayable' });
    expect(reasons).toEqual(['body-not-replayable']);
    expect(origin.requests.map(({ body }) => body.toString())).toEqual(['once']);
  });

  it('does not send it again even when nothing of it left', async () => {
    const { http } = await start({ axios });
    const error = await failureOf(http.put(`https://localhost:${await closedPort()}/`, stream('once')));
    expect(error.code).toBe('ECONNREFUSED');
    expect(getPolicyMetadata(error)?.giveUp).toBe('body-not-replayable');
  });

  it('does not send it again after a lost keep-alive race', async () => {
    const { origin, http } = await start({ axios });
    await http.get('/warm');
    origin.enqueue(reset());
    const error = await failureOf(http.put('/', stream('once')));
    expect(getPolicyMetadata(error)?.giveUp).toBe('body-not-replayable');
    expect(origin.requests).toHaveLength(2);
  });

  it('refuses one even if shouldRetry insists', async () => {
    const { origin, http } = await start({ axios, retry: { shouldRetry: () => true } });
    origin.enqueue(unavailable());
    await failureOf(http.put('/', stream('once')));
    expect(origin.requests).toHaveLength(1);
  });

  it.each([false, true])('is made anew by policy.body for each attempt (async: %p)', async (isAsync) => {
    let made = 0;
    const body = () => {
      made += 1;
      return isAsync ? Promise.resolve(stream('made anew')) : stream('made anew');
    };
    const { origin, http } = await start({ axios });
    origin.enqueue(...times(2, unavailable()));
    await http.put('/', undefined, { policy: { body } });
    expect(sameEachTime(origin, 3).body).toBe('made anew');
    expect(made).toBe(3);
  });

  it('may be the first body, with policy.body for the others', async () => {
    let made = 0;
    const body = () => {
      made += 1;
      return stream('same');
    };
    const { origin, http } = await start({ axios });
    origin.enqueue(...times(2, unavailable()));
    await http.put('/', stream('same'), { policy: { body } });
    expect(sameEachTime(origin, 3).body).toBe('same');
    expect(made).toBe(2);
  });

  it('is made anew after a lost keep-alive race', async () => {
    const { origin, http } = await start({ axios });
    await http.get('/warm');
    origin.enqueue(reset());
    await http.put('/', stream('same'), { policy: { body: () => stream('same') } });
    expect(origin.requests.slice(1).map(({ body }) => body.toString())).toEqual(['same', 'same']);
  });
});

describe.each(AXIOS_COPIES)('given policy.body, with $name', ({ axios }) => {
  it('encodes what it makes as axios would have encoded it as data', async () => {
    const { origin, http } = await start({ axios });
    origin.enqueue(unavailable());
    await http.post('/', undefined, { policy: { body: () => ({ a: 1 }) } });
    expect(sameEachTime(origin, 2)).toEqual({ body: '{"a":1}', type: 'application/json', length: '7' });
  });

  it('leaves a Content-Type of the request alone', async () => {
    const { origin, http } = await start({ axios });
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    await http.post('/', undefined, { headers, policy: { body: () => ({ a: 1 }) } });
    expect(origin.requests.map(sent)).toMatchObject([{ body: 'a=1', type: headers['Content-Type'] }]);
  });

  it('gets the default type of the policy', async () => {
    const { origin, http } = await start({ axios, client: { defaultContentType: 'text/x-default' } });
    await http.put('/', undefined, { policy: { body: () => stream('x') } });
    expect(origin.requests.map(sent)).toMatchObject([{ type: 'text/x-default' }]);
  });

  it('declares the length of each body it makes', async () => {
    let made = 0;
    const body = () => 'x'.repeat(++made);
    const { origin, http } = await start({ axios });
    origin.enqueue(unavailable());
    await http.put('/', undefined, { policy: { body } });
    expect(origin.requests.map(sent)).toMatchObject([
      { body: 'x', length: '1' },
      { body: 'xx', length: '2' },
    ]);
  });

  it('makes a web FormData anew for each attempt, with the boundary that is in it', async () => {
    const { origin, http } = await start({ axios });
    origin.enqueue(unavailable());
    await http.post('/', undefined, { policy: { body: webForm } });
    for (const { type = '', body } of origin.requests.map(sent)) {
      expect(body).toContain(`--${/boundary=(.+)$/.exec(type)?.[1]}--`);
    }
  });

  it('makes a package form anew for each attempt, with the boundary that is in it', async () => {
    const { origin, http } = await start({ axios });
    origin.enqueue(unavailable());
    await http.post('/', undefined, { policy: { body: form } });
    expect(origin.requests).toHaveLength(2);
    for (const { type = '', body } of origin.requests.map(sent)) {
      expect(body).toContain(`--${/boundary=(.+)$/.exec(type)?.[1]}--`);
    }
  });

  it('rejects with what it throws', async () => {
    const { origin, http } = await start({ axios });
    const thrown = new Error('the file is gone');
    const body = () => Promise.reject(thrown);
    expect(await failureOf(http.put('/', undefined, { policy: { body } }))).toBe(thrown);
    expect(origin.requests).toEqual([]);
  });
});

describe.each(AXIOS_COPIES)('given a default Content-Type, with $name', ({ axios }) => {
  const UPLOADS: [string, unknown, string | undefined, string][] = [
    ['a string', 'text', undefined, 'text/x-default'],
    ['a Buffer', Buffer.from('x'), undefined, 'text/x-default'],
    ['an untyped Blob', new Blob(['x']), undefined, 'text/x-default'],
    ['a typed Blob', new Blob(['x'], { type: 'text/css' }), undefined, 'text/css'],
    ['JSON', { a: 1 }, undefined, 'application/json'],
    ['URLSearchParams', new URLSearchParams('a=1'), undefined, 'application/x-www-form-urlencoded'],
    ['a string with a type', 'text', 'text/mine', 'text/mine'],
  ];

  it.each(UPLOADS)('sends %s with the right type, retried too', async (_name, data, type, expected) => {
    const { origin, http } = await start({ axios, client: { defaultContentType: 'text/x-default' } });
    origin.enqueue(unavailable());
    await http.put('/', data, type === undefined ? {} : { headers: { 'Content-Type': type } });
    const { type: seen } = sameEachTime(origin, 2);
    expect(seen?.replace(/;.*/, '')).toBe(expected);
  });

  it('is not sent without a body', async () => {
    const { origin, http } = await start({ axios, client: { defaultContentType: 'text/x-default' } });
    await http.get('/');
    await http.put('/');
    expect(origin.requests.map(({ headers }) => headers['content-type'])).not.toContain('text/x-default');
  });
});

describe.each(AXIOS_COPIES)('given a User-Agent, with $name', ({ axios }) => {
  it('sends it where the request has none, on every attempt', async () => {
    const { origin, http } = await start({ axios, client: { userAgent: 'mine/1' } });
    origin.enqueue(unavailable(), reply(), reply());
    await http.get('/');
    await http.get('/', { headers: { 'user-agent': 'own/2' } });
    expect(origin.requests.map(({ headers }) => headers['user-agent'])).toEqual([
      'mine/1',
      'mine/1',
      'own/2',
    ]);
  });
});
