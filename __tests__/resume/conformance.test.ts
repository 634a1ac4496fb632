/** What object_store's own tests ask of a download that is cut (`retry_stream` in its `get.rs`), on real sockets. */
import { getPolicyMetadata } from '../../lib/index.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import type { Answer } from '../helpers/origin.js';
import { start, unavailable } from '../request/setup.js';
import { serve } from './object-server.js';

interface Item {
  readonly title: string;
  readonly range?: string;
  readonly answers: readonly Answer[];
  /** The ranges that are asked for after the first request. */
  readonly ranges: readonly string[];
  readonly body: string;
  readonly fails?: boolean;
}

const etag = '"123"';

const ITEMS: readonly Item[] = [
  {
    title: '51: a whole object that is cut is completed by its rest',
    answers: [serve('Hello World!', { etag, cutAfter: 5, how: 'fin' }), serve('Hello World!', { etag })],
    ranges: ['bytes=5-11'],
    body: 'Hello World!',
  },
  {
    title: '52: a range that is cut is completed by the rest of the range',
    range: 'bytes=6-10',
    answers: [serve('Hello World!', { etag, cutAfter: 2, how: 'fin' }), serve('Hello World!', { etag })],
    ranges: ['bytes=8-10'],
    body: 'World',
  },
  {
    // object_store takes nine bytes of ten for the whole; we ask for the tenth.
    title: '53: a rest that is too short is completed as well',
    answers: [
      serve('banana1234', { etag, cutAfter: 6 }),
      serve('banana1234', { etag, dropsLast: 1, chunked: true }),
      serve('banana1234', { etag }),
    ],
    ranges: ['bytes=6-9', 'bytes=9-9'],
    body: 'banana1234',
  },
  {
    title: '54: a rest that is cut and refused is completed after all, from where it stopped',
    answers: [
      serve('hellobaz123456789012', { etag, cutAfter: 5 }),
      serve('hellobaz123456789012', { etag, cutAfter: 3 }),
      unavailable(),
      serve('hellobaz123456789012', { etag }),
    ],
    ranges: ['bytes=5-19', 'bytes=8-19', 'bytes=8-19'],
    body: 'hellobaz123456789012',
  },
  {
    title: '55: another ETag fails the request with the error that cut it',
    answers: [
      serve('Hello World!', { etag: '"foo"', cutAfter: 5 }),
      serve('Hello World!', { etag: '"baz"', part: [5, 11] }),
    ],
    ranges: ['bytes=5-11'],
    body: 'Hello',
    fails: true,
  },
  {
    title: '56: of a part that begins too early, what is known is skipped',
    answers: [serve('helloworld', { etag, cutAfter: 5 }), serve('helloworld', { etag, part: [0, 9] })],
    ranges: ['bytes=5-9'],
    body: 'helloworld',
  },
];

const CASES = AXIOS_COPIES.flatMap(({ name, axios }) =>
  (['stream', 'arraybuffer'] as const).map((responseType) => ({ name, axios, responseType })),
);

describe.each(CASES)('object_store, with $name and a $responseType', ({ axios, responseType }) => {
  it.each(ITEMS)('$title', async ({ range, answers, ranges, body, fails = false }) => {
    const { origin, http } = await start({ axios });
    origin.enqueue(...answers);
    let received = '';
    const headers = range === undefined ? {} : { Range: range };
    const read = async () => {
      const response = await http.get('/object', { responseType, headers });
      for await (const chunk of responseType === 'stream' ? response.data : [response.data])
        received += chunk;
      return { response, failure: undefined };
    };
    const { response, failure } = await read().catch((error) => ({ response: undefined, failure: error }));
    expect(origin.requests.slice(1).map(({ headers }) => headers.range)).toEqual(ranges);
    if (fails) {
      expect(failure).toMatchObject({ message: expect.stringMatching(/aborted|ECONNRESET/) });
      expect(received).toBe(responseType === 'stream' ? body : '');
    } else {
      expect(failure).toBeUndefined();
      expect(received).toBe(body);
    }
    expect(getPolicyMetadata(response ?? failure)).toMatchObject({ retries: ranges.length });
  });
});
