import { AsyncLocalStorage } from 'node:async_hooks';
import dns, { type LookupAddress, type LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Addresses } from '../../lib/addresses/addresses.js';
import { Resolver, type ResolverOptions } from '../../lib/addresses/lookup/resolver.js';
import { ManualClock } from '../helpers/clock.js';

type Callback = Parameters<LookupFunction>[2];

/** A look-up that answers when it is told to. */
class Script {
  readonly asked: { hostname: string; options: LookupOptions; callback: Callback }[] = [];

  readonly lookup: LookupFunction = (hostname, options, callback) => {
    this.asked.push({ hostname, options, callback });
  };

  answer(...addresses: string[]): void {
    this.#last().callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  }

  answerRaw(address: string | LookupAddress[], family?: number): void {
    this.#last().callback(null, address, family);
  }

  fail(code: string): Error {
    const error = Object.assign(new Error(`getaddrinfo ${code} name`), { code, syscall: 'getaddrinfo' });
    (this.#last().callback as (error: Error) => void)(error);
    return error;
  }

  #last() {
    const last = this.asked.at(-1);
    if (last === undefined) throw new Error('Nothing was asked');
    return last;
  }
}

interface Answered {
  error: unknown;
  address?: string | LookupAddress[] | undefined;
  family?: number | undefined;
}

const setUp = (options: Partial<ResolverOptions> = {}) => {
  const clock = new ManualClock(1000);
  const script = new Script();
  // As Node's own: `dns.lookup` is read at each use.
  jest.spyOn(dns, 'lookup').mockImplementation(script.lookup as typeof dns.lookup);
  const addresses = new Addresses({ randomize: false, eject: false, now: clock.now, random: Math.random });
  const resolver = new Resolver(
    { cache: { ttlMs: 10_000, staleMs: 60_000 }, cachesOwn: false, now: clock.now, ...options },
    addresses,
  );
  const ask = (hostname: string, asked: LookupOptions = { all: true }, own?: LookupFunction) => {
    const answered: Answered[] = [];
    resolver.lookupFor({ name: `${hostname}:80`, lookup: own })(hostname, asked, (error, address, family) =>
      answered.push({ error, address, family }),
    );
    return answered;
  };
  return { clock, script, ask, resolver };
};

const turn = () => new Promise((resolve) => process.nextTick(resolve));
const list = (...addresses: string[]) => addresses.map((address) => ({ address, family: 4 }));

afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

describe('connections to one name that are made at a time', () => {
  it('have it looked up once', () => {
    const { script, ask } = setUp();
    const answers = [ask('a'), ask('a'), ask('a')];
    expect(script.asked).toHaveLength(1);
    script.answer('192.0.2.1', '192.0.2.2');
    for (const answered of answers) {
      expect(answered).toEqual([{ error: null, address: list('192.0.2.1', '192.0.2.2'), family: undefined }]);
    }
  });

  it('share it whether they want one address or all', () => {
    const { script, ask } = setUp();
    const [all, one] = [ask('a', { all: true }), ask('a', { all: false })];
    expect(script.asked).toHaveLength(1);
    script.answer('192.0.2.1', '192.0.2.2');
    expect(all[0]?.address).toEqual(list('192.0.2.1', '192.0.2.2'));
    expect(one).toEqual([{ error: null, address: '192.0.2.1', family: 4 }]);
  });

  it.each([{ family: 4 }, { family: 6 }, { hints: dns.ADDRCONFIG }])(
    'do not share it with those that ask for something else: %j',
    (options) => {
      const { script, ask } = setUp();
      ask('a');
      ask('a', options);
      expect(script.asked.map(({ options: asked }) => asked)).toEqual([
        { all: true },
        { ...options, all: true },
      ]);
    },
  );

  it('do not share it with those to another name', () => {
    const { script, ask } = setUp();
    ask('a');
    ask('b');
    expect(script.asked.map(({ hostname }) => hostname)).toEqual(['a', 'b']);
  });

  it('get errors of their own when it fails, with all that Node says', () => {
    const { script, ask } = setUp();
    const answers = [ask('a'), ask('a')];
    const error = script.fail('ENOTFOUND');
    expect(answers[0]?.[0]?.error).toBe(error);
    expect(answers[1]?.[0]?.error).not.toBe(error);
    expect(answers[1]?.[0]?.error).toEqual(error);
    expect(answers[1]?.[0]?.error).toMatchObject({ code: 'ENOTFOUND', syscall: 'getaddrinfo' });
  });

  it('go on in the async context they were made in', () => {
    const { script, resolver } = setUp();
    const context = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const lookup = resolver.lookupFor({ name: 'a:80' });
    for (const name of ['first', 'second']) {
      context.run(name, () => lookup('a', { all: true }, () => seen.push([name, context.getStore()])));
    }
    context.run('first', () => script.answer('192.0.2.1'));
    expect(seen).toEqual([
      ['first', 'first'],
      ['second', 'second'],
    ]);
  });

  it('do not wait for a look-up that hangs', () => {
    const { clock, script, ask } = setUp();
    ask('a');
    clock.advance(9_999);
    ask('a');
    expect(script.asked).toHaveLength(1);
    clock.advance(1);
    const answered = ask('a');
    expect(script.asked).toHaveLength(2);
    script.answer('192.0.2.1');
    expect(answered).toHaveLength(1);
  });

  it('each ask by themselves with dns: false', () => {
    const { script, ask } = setUp({ cache: false });
    ask('a');
    const answered = ask('a');
    expect(script.asked).toHaveLength(2);
    script.answer('192.0.2.1');
    expect(answered).toHaveLength(1);
  });
});

describe('an answer', () => {
  it('is used again for the time to live, and not before the call returns', async () => {
    const { clock, script, ask } = setUp();
    ask('a');
    script.answer('192.0.2.1');
    clock.advance(9_999);
    const answered = ask('a');
    expect(answered).toHaveLength(0);
    await turn();
    expect(answered).toEqual([{ error: null, address: list('192.0.2.1'), family: undefined }]);
    expect(script.asked).toHaveLength(1);
  });

  it('is asked for anew after that', () => {
    const { clock, script, ask } = setUp();
    ask('a');
    script.answer('192.0.2.1');
    clock.advance(10_000);
    const answered = ask('a');
    expect(script.asked).toHaveLength(2);
    script.answer('192.0.2.9');
    expect(answered[0]?.address).toEqual(list('192.0.2.9'));
  });

  it('is not that of a dns.lookup that was patched since', () => {
    const { script, ask } = setUp();
    ask('a');
    script.answer('192.0.2.1');
    const patched = new Script();
    Object.assign(dns, { lookup: patched.lookup });
    ask('a');
    expect(patched.asked).toHaveLength(1);
  });

  it('is passed on as it is, and not kept, if it is none that was asked for', () => {
    const { script, ask } = setUp();
    const one = ask('a', { all: true });
    script.answerRaw('192.0.2.1', 4);
    expect(one).toEqual([{ error: null, address: '192.0.2.1', family: 4 }]);
    ask('a');
    expect(script.asked).toHaveLength(2);
  });

  it.each([
    ['every address', { all: true }, []],
    ['one address', {}, undefined],
  ])('without an address is an error, over which Node would end the process, for %s', (_of, asked, given) => {
    const own = new Script();
    const { clock, script, ask } = setUp();
    const noAddress = [{ error: expect.objectContaining({ code: 'ENODATA', hostname: 'a' }) }];
    const ours = ask('a', asked, own.lookup);
    own.answerRaw(given as never);
    expect(ours).toMatchObject(noAddress);
    ask('a');
    script.answer('192.0.2.1');
    clock.advance(10_000);
    const old = ask('a');
    script.answerRaw([]);
    expect(old).toEqual([{ error: null, address: list('192.0.2.1'), family: undefined }]);
  });

  it('that is an error is not kept', () => {
    const { script, ask } = setUp();
    expect(ask('a')).toEqual([]);
    script.fail('ENOTFOUND');
    ask('a');
    expect(script.asked).toHaveLength(2);
  });

  it('that is thrown, for a wrong option, is thrown by the function', () => {
    const { ask, script } = setUp();
    const wrong = () => {
      throw new TypeError('wrong');
    };
    jest.spyOn(dns, 'lookup').mockImplementation(wrong as unknown as typeof dns.lookup);
    expect(() => ask('a')).toThrow('wrong');
    expect(() => ask('a')).toThrow('wrong');
    expect(script.asked).toEqual([]);
  });
});

describe('while look-ups fail', () => {
  const withOld = (options: Partial<ResolverOptions> = {}) => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'performance'] });
    const set = setUp(options);
    set.ask('a');
    set.script.answer('192.0.2.1');
    set.clock.advance(10_000);
    return set;
  };

  it.each(['ENOTFOUND', 'EAI_AGAIN', 'ESERVFAIL', 'ETIMEOUT'])('an old answer is used after %s', (code) => {
    const { script, ask } = withOld();
    const answered = ask('a');
    script.fail(code);
    expect(answered).toEqual([{ error: null, address: list('192.0.2.1'), family: undefined }]);
  });

  it('no other connection waits for one within a second', async () => {
    const { clock, script, ask } = withOld();
    ask('a');
    script.fail('EAI_AGAIN');
    clock.advance(999);
    const answered = ask('a');
    await turn();
    expect(answered).toHaveLength(1);
    expect(script.asked).toHaveLength(2);
    clock.advance(1);
    ask('a');
    expect(script.asked).toHaveLength(3);
  });

  it('a connection waits 1.8 s for one that is slow, and those after it not at all', async () => {
    const { clock, script, ask } = withOld();
    const answered = ask('a');
    jest.advanceTimersByTime(1799);
    expect(answered).toHaveLength(0);
    jest.advanceTimersByTime(1);
    expect(answered).toEqual([{ error: null, address: list('192.0.2.1'), family: undefined }]);
    clock.advance(5000);
    const later = ask('a');
    await turn();
    expect(later).toHaveLength(1);
    expect(script.asked).toHaveLength(2);
    script.answer('192.0.2.9');
    expect([answered.length, later.length]).toEqual([1, 1]);
    const last = ask('a');
    await turn();
    expect(last[0]?.address).toEqual(list('192.0.2.9'));
  });

  it('no timer is left when an answer comes', () => {
    const { script, ask } = withOld();
    ask('a');
    expect(jest.getTimerCount()).toBe(1);
    script.answer('192.0.2.9');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('an old answer is not used for ever', () => {
    const { clock, script, ask } = withOld();
    clock.advance(60_000);
    const answered = ask('a');
    const error = script.fail('EAI_AGAIN');
    expect(answered).toEqual([{ error, address: undefined, family: undefined }]);
  });

  it('an old answer is not used without staleOnError', () => {
    const { script, ask } = withOld({ cache: { ttlMs: 10_000, staleMs: 0 } });
    const answered = ask('a');
    const error = script.fail('EAI_AGAIN');
    expect(answered).toEqual([{ error, address: undefined, family: undefined }]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('an old answer is not used if the error may forbid the connection', () => {
    const { script, ask } = withOld();
    const answered = ask('a');
    const error = script.fail('ERR_ACCESS_DENIED');
    expect(answered).toEqual([{ error, address: undefined, family: undefined }]);
  });
});

describe("the caller's own lookup", () => {
  it('is asked for each connection, with the options that Node gives', () => {
    const { ask, script } = setUp();
    const own = new Script();
    ask('a', { all: true, hints: 0 }, own.lookup);
    const answered = ask('a', { family: 4, hints: 0 }, own.lookup);
    expect(own.asked.map(({ options }) => options)).toEqual([
      { all: true, hints: 0 },
      { family: 4, hints: 0 },
    ]);
    own.answerRaw('192.0.2.1', 4);
    expect(answered).toEqual([{ error: null, address: '192.0.2.1', family: 4 }]);
    expect(script.asked).toEqual([]);
  });

  it('is shared and kept where the user wants that', async () => {
    const { ask } = setUp({ cachesOwn: true });
    const own = new Script();
    ask('a', { all: true }, own.lookup);
    ask('a', { all: true }, own.lookup);
    expect(own.asked).toHaveLength(1);
    own.answer('192.0.2.1');
    const answered = ask('a', { all: true }, own.lookup);
    await turn();
    expect(answered).toHaveLength(1);
    expect(own.asked).toHaveLength(1);
  });

  it('is not answered by another one', () => {
    const { ask } = setUp({ cachesOwn: true });
    const [one, other] = [new Script(), new Script()];
    ask('a', { all: true }, one.lookup);
    one.answer('192.0.2.1');
    ask('a', { all: true }, other.lookup);
    expect(other.asked).toHaveLength(1);
  });

  it('may call back before it returns', () => {
    const { ask } = setUp({ cachesOwn: true });
    const own: LookupFunction = (_hostname, _options, callback) => callback(null, '192.0.2.1', 4);
    expect(ask('a', {}, own)).toEqual([{ error: null, address: '192.0.2.1', family: 4 }]);
  });
});
