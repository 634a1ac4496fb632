import type { AxiosInstance } from 'axios';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { type Case, compare } from './drop-in/compare.js';
import { FAILURES } from './drop-in/failures.js';
import { REQUESTS } from './drop-in/requests.js';
import { RESPONSES } from './drop-in/responses.js';

const GROUPS: [string, readonly Case[]][] = [
  ['for a request', REQUESTS],
  ['for a response', RESPONSES],
  ['for a request that may fail', FAILURES],
];

describe.each(AXIOS_COPIES)('With $name, a policy makes no difference', ({ axios }) => {
  describe.each(GROUPS)('%s', (_kind, cases) => {
    it.each(cases)('$is', async (one) => {
      const { bare, first, later } = await compare(axios, one);
      expect(first).toEqual(bare);
      expect(later).toEqual(bare);
    });
  });

  const SAMPLE = [...REQUESTS, ...RESPONSES, ...FAILURES].filter(
    ({ is, defaults }, index) =>
      index % 23 === 0 && defaults === undefined && !is.startsWith('made by calling'),
  );
  const KINDS: [string, () => AxiosInstance][] = [
    ['axios itself', () => axios],
    ['an instance made with new Axios()', () => new axios.Axios({}) as AxiosInstance],
    ['an instance of an instance', () => axios.create().create?.() ?? axios.create()],
  ];

  describe.each(KINDS)('on %s, for a request', (_kind, create) => {
    it.each(SAMPLE)('$is', async (one) => {
      const { bare, first, later } = await compare(axios, one, create);
      expect(first).toEqual(bare);
      expect(later).toEqual(bare);
    });
  });
});
