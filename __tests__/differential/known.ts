import type { Difference } from './compare.js';
import type { Case } from './world.js';

/** A difference that is meant to be. */
interface Known {
  readonly why: string;
  matches(difference: Difference, one: Case): boolean;
}

const KNOWN: readonly Known[] = [
  {
    why: 'bare axios is given an agent of its own here, so that its connections end with the case',
    matches: ({ place }) => /\.httpAgent$/.test(place),
  },
  {
    why: 'the JSON of a stream shows what it is piped into, down to the agents',
    matches: ({ place }) => /\.config\.data\./.test(place),
  },
  {
    why: 'timeout covers the body too: the error is that of a timeout, not that of a connection that was cut',
    matches: (_difference, { options, answers }) =>
      answers.some(({ ending }) => ending === 'silence in the body') &&
      options.some(([option, value]) => option === 'limit' && value.startsWith('timeout')),
  },
  {
    why: 'how much of an answer comes in one piece is up to the network',
    matches: ({ place }) => /\.(?:rawPacket\.bytes|bytesParsed)$/.test(place),
  },
  {
    why: 'what was not read to its end when a request failed is given up at once',
    matches: ({ place }) => /\.rejected\..*\.(?:aborted|complete|(?:t|rawT)railers(?:\..*)?)$/.test(place),
  },
  {
    why: 'the adapter is looked up a microtask later',
    matches: (_difference, { options }) =>
      options.some(([option, value]) => option === 'adapter' && ['missing', 'none'].includes(value)) &&
      options.some(([, value]) => value === 'in the tick'),
  },
  {
    why: 'old axios ends a request with a body when that was written, of which little is to be seen',
    matches: ({ place }) =>
      /\.rejected\.request\.(?:_ended|current\.finished|current\.writableEnded)$/.test(place),
  },
  {
    why: 'redirects are those of the newest axios: beforeRedirect is told of the request, too',
    matches: (_difference, { options }) =>
      options.some(([option, value]) => option === 'beforeRedirect' && value === 'curious'),
  },
  {
    why: 'redirects are those of the newest axios: no target is told what was meant for a proxy',
    matches: ({ bare, attached }) =>
      bare === 'Basic x' ||
      (typeof bare === 'string' && bare.replace('Proxy-Authorization: Basic x\r\n', '') === attached),
  },
  {
    why: 'a token that was not listened to has no list of listeners, instead of an empty one',
    matches: ({ place }) => /\.cancelToken\._listeners$/.test(place),
  },
  {
    why: 'of two that cancel in one tick either may be the first',
    matches: (_difference, { options }) => options.filter(([, value]) => value === 'in the tick').length > 1,
  },
  {
    why: 'of a body that is broken and cut, either may be seen first',
    matches: (_difference, { answers }) =>
      answers.some(({ encoding, ending }) => / that is none$/.test(encoding) && /^cut/.test(ending)),
  },
  {
    why: 'old axios never settles where it follows no redirects and a body cannot be decompressed; an error is told',
    matches: ({ bare, place }, { options }) =>
      options.some(([, value]) => value === '0' || value === 'no redirects') &&
      (place === '.outcome.hangs' || (place === '.outcome.rejected' && bare === undefined)),
  },
  {
    why: 'where a retry may follow, the boundary of a web form is chosen beforehand, and has another length',
    matches: ({ way, place }, { options }) =>
      way === 'later' &&
      options.some(([, value]) => value === 'web') &&
      /ontent-(?:Type|Length)$|\.(?:_header|_requestBodyLength)$|\.received\./i.test(place),
  },
  {
    why: 'of a body that is broken and too large, either is seen first in bare axios, too',
    matches: (_difference, { options, answers }) =>
      options.some(([option]) => option === 'maxContentLength') &&
      answers.some(({ encoding }) => /^gzip (?:and more|cut short)$| that is none$/.test(encoding)),
  },
];

/** Whether a difference is meant to be. */
export const isKnown = (one: Case, difference: Difference): boolean =>
  KNOWN.some(({ matches }) => matches(difference, one));
