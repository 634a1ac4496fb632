import { compare } from './differential/compare.js';
import { Lane } from './differential/run.js';
import { search } from './differential/search.js';
import type { AnswerSpec, Case } from './differential/world.js';
import { AXIOS_COPIES } from './helpers/axios-copies.js';
import { atEnd } from './helpers/cleanup.js';

const WHOLE: AnswerSpec = {
  ...{ status: 200, headers: [], body: 'json', encoding: 'none', framing: 'length', ending: 'whole' },
};
const MOVED: AnswerSpec = { ...WHOLE, status: 301, headers: ['location path'] };

/** What used to differ. */
const FOUND: [string, Case][] = [
  [
    'redirect behind whose head comes garbage',
    { options: [], answers: [{ ...MOVED, framing: 'a bad chunk' }, WHOLE] },
  ],
  ['redirect to nowhere', { options: [], answers: [{ ...MOVED, headers: ['location empty'] }] }],
  [
    'body that is given up',
    { options: [['limit', 'signal']], answers: [{ ...WHOLE, ending: 'silence in the body' }] },
  ],
  [
    'body to a server that hangs up',
    { options: [['data', 'text']], answers: [{ ...WHOLE, ending: 'no answer' }] },
  ],
  ['unusual status', { options: [['validateStatus', 'below 400']], answers: [{ ...WHOLE, status: 600 }] }],
  ['status that nobody accepts', { options: [['validateStatus', 'nothing']], answers: [WHOLE] }],
  [
    'compressed body behind bad framing',
    { options: [], answers: [{ ...WHOLE, encoding: 'gzip', framing: 'a bad chunk' }] },
  ],
  [
    'compressed body behind bad framing, where no redirects are followed',
    { options: [['maxRedirects', '0']], answers: [{ ...WHOLE, encoding: 'gzip', framing: 'a bad chunk' }] },
  ],
  [
    'body of no bytes without a length',
    {
      options: [
        ['method', 'post'],
        ['data', 'empty buffer'],
        ['headers', 'no length'],
      ],
      answers: [WHOLE],
    },
  ],
  ['date that is none', { options: [['params', 'an invalid date']], answers: [WHOLE] }],
];

describe.each(AXIOS_COPIES)('With $name, a policy makes no difference', ({ axios }) => {
  it.each(FOUND)('to a %s', async (_what, one) => {
    const lane = await Lane.open(axios);
    atEnd(() => lane.close());
    expect(await compare(lane, one)).toEqual([]);
  });

  it('to random requests and answers', async () => {
    expect(await search({ axios, count: 100, seed: 1, lanes: 12 })).toEqual([]);
  }, 60_000);
});
