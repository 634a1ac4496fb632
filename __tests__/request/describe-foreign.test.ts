import { describeFailure, getPolicyMetadata } from '../../lib/index.js';
import { failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { reply, reset, startOrigin } from '../helpers/origin.js';

class Throwing extends Error {
  override get message(): string {
    throw new Error('no message');
  }
  get config(): never {
    throw new Error('no config');
  }
  get response(): never {
    throw new Error('no response');
  }
  override get cause(): never {
    throw new Error('no cause');
  }
}

const REVOKED = Proxy.revocable({}, {});
REVOKED.revoke();

describe('What no policy had to do with', () => {
  it.each<[string, unknown, string]>([
    ['an error', new Error('odd'), 'Request failed: odd'],
    [
      'an error with a code',
      Object.assign(new Error('hang up'), { code: 'EPIPE' }),
      'Request failed: hang up (EPIPE)',
    ],
    ['an error without a message', new RangeError(), 'Request failed: RangeError'],
    ['a frozen error', Object.freeze(new Error('cold')), 'Request failed: cold'],
    ['an object without a prototype', Object.create(null), 'Request failed: unknown error'],
    ['an object', {}, 'Request failed: unknown error'],
    ['null', null, 'Request failed: unknown error'],
    ['undefined', undefined, 'Request failed: unknown error'],
    ['a text', 'text', 'Request failed: text'],
    ['a number', 7, 'Request failed: 7'],
    ['a symbol', Symbol('mark'), 'Request failed: Symbol(mark)'],
    ['a function', () => undefined, 'Request failed: unknown error'],
    ['a proxy that is no more', REVOKED.proxy, 'Request failed: unknown error'],
    ['a message that is no text', { message: { toString: null } }, 'Request failed: unknown error'],
    ['a config that is none', { message: 'odd', config: 5 }, 'Request failed: odd'],
    ['a config without a URL', { message: 'odd', config: {} }, 'Request failed: odd'],
    [
      'a URL with credentials',
      { message: 'odd', config: { method: 'put', url: 'https://user:hunter2@a.test/p?token=hunter2' } },
      'PUT https://a.test/p failed: odd',
    ],
    [
      'a message with credentials',
      new Error('no https://u:hunter2@a.test'),
      'Request failed: no https://a.test',
    ],
  ])('is described as far as it goes: %s', (_what, error, line) => {
    expect(describeFailure(error)).toBe(line);
    expect(getPolicyMetadata(error)).toBeUndefined();
  });

  it('is described where all its getters throw', () => {
    expect(describeFailure(new Throwing())).toBe('Request failed: Error');
    expect(getPolicyMetadata(new Throwing())).toBeUndefined();
  });

  it.each(AXIOS_COPIES)('is described if it is an error of bare axios: $name', async ({ axios }) => {
    const origin = await startOrigin();
    origin.enqueue(reply({ status: 503 }), reset());
    const url = `${origin.url}/path?token=hunter2`;
    expect(describeFailure(await failureOf(axios.post(url, 'body')))).toBe(
      `POST ${origin.url}/path failed: 503 Service Unavailable`,
    );
    expect(describeFailure(await failureOf(axios.get(url)))).toMatch(
      new RegExp(`^GET ${origin.url}/path failed: .*ECONNRESET`),
    );
  });
});
