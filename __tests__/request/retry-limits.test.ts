import { getPolicyMetadata, type RetryBudget } from '../../lib/index.js';
import { failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { reply, reset } from '../helpers/origin.js';
import { ENDLESS, QUICK, start, times, unavailable } from './setup.js';

const retryAfter = (value: string, status = 503) => reply({ status, headers: { 'Retry-After': value } });

describe.each(AXIOS_COPIES)('given maxRetries, with $name', ({ axios }) => {
  it.each([0, 1, 4])('makes one attempt more than %i', async (maxRetries) => {
    const { origin, http } = await start({ axios, retry: { maxRetries } });
    origin.always(unavailable());
    const error = await failureOf(http.get('/'));
    expect(origin.requests).toHaveLength(maxRetries + 1);
    expect(getPolicyMetadata(error)).toMatchObject({ attempts: maxRetries + 1, giveUp: 'max-retries' });
  });

  it('makes ten retries where nobody says otherwise', async () => {
    const { origin, http } = await start({ axios });
    origin.always(unavailable());
    await failureOf(http.get('/'));
    expect(origin.requests).toHaveLength(11);
  });

  it('sleeps initBackoff before the first, and no longer than maxBackoff before the others', async () => {
    const backoff = { initBackoff: 4, maxBackoff: 6, base: 10 };
    const { origin, http } = await start({ axios, retry: { maxRetries: 5, backoff } });
    origin.always(unavailable());
    const { delaysMs = [], elapsedMs = 0 } = getPolicyMetadata(await failureOf(http.get('/'))) ?? {};
    expect(delaysMs).toHaveLength(5);
    expect(delaysMs[0]).toBe(4);
    for (const delayMs of delaysMs) {
      expect(delayMs).toBeGreaterThanOrEqual(4);
      expect(delayMs).toBeLessThanOrEqual(6);
    }
    // A timer may fire a fraction of a millisecond early.
    expect(elapsedMs).toBeGreaterThan(delaysMs.reduce((sum, delayMs) => sum + delayMs, 0) - 5);
  });
});

describe.each(AXIOS_COPIES)('given retryTimeout, with $name', ({ axios }) => {
  it('gives up at once where the delay would outlive it', async () => {
    const reasons: string[] = [];
    const { origin, http } = await start({
      axios,
      retry: { retryTimeout: '1s', backoff: ENDLESS, onGiveUp: ({ reason }) => void reasons.push(reason) },
    });
    origin.always(unavailable());
    const error = await failureOf(http.get('/'));
    expect(error.response?.status).toBe(503);
    expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1, giveUp: 'retry-timeout', delaysMs: [] });
    expect(reasons).toEqual(['retry-timeout']);
  });

  it('starts no attempt after it', async () => {
    const backoff = { initBackoff: 40, maxBackoff: 40 };
    const { origin, http } = await start({ axios, retry: { retryTimeout: 250, backoff }, tls: false });
    origin.always(unavailable());
    const metadata = getPolicyMetadata(await failureOf(http.get('/')));
    expect(metadata).toMatchObject({ giveUp: 'retry-timeout' });
    expect(metadata?.attempts).toBeGreaterThan(1);
    expect(metadata?.attempts).toBeLessThanOrEqual(1 + 250 / 40);
    expect(origin.requests).toHaveLength(metadata?.attempts ?? 0);
  });

  it('makes no retry with 0', async () => {
    const { origin, http } = await start({ axios, retry: { retryTimeout: 0 } });
    origin.always(unavailable());
    expect(getPolicyMetadata(await failureOf(http.get('/')))).toMatchObject({ giveUp: 'retry-timeout' });
    expect(origin.requests).toHaveLength(1);
  });

  it('includes the time a hook takes', async () => {
    const { origin, http } = await start({
      axios,
      retry: {
        retryTimeout: 100,
        onRetry: () => new Promise((resolve) => setTimeout(resolve, 150)),
      },
    });
    origin.always(unavailable());
    const error = await failureOf(http.get('/'));
    expect(error.response?.status).toBe(503);
    expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1, giveUp: 'retry-timeout' });
    expect(origin.requests).toHaveLength(1);
  });
});

describe.each(AXIOS_COPIES)('given Retry-After, with $name', ({ axios }) => {
  it.each([503, 429])('waits the seconds that a %i asks for, and a little longer', async (status) => {
    const { origin, http } = await start({ axios });
    origin.enqueue(retryAfter('0.2', status));
    const { delaysMs = [] } = getPolicyMetadata(await http.get('/')) ?? {};
    expect(delaysMs).toHaveLength(1);
    expect(delaysMs[0]).toBeGreaterThanOrEqual(200);
    expect(delaysMs[0]).toBeLessThanOrEqual(400);
  });

  it.each(['soon', '-1', '', '1e9', '0', 'Thu, 01 Jan 1970 00:00:00 GMT', '0x10'])(
    'does not wait longer than it would for %p',
    async (value) => {
      const { origin, http } = await start({ axios });
      origin.enqueue(retryAfter(value));
      expect(getPolicyMetadata(await http.get('/'))?.delaysMs).toEqual([1]);
    },
  );

  it.each(['3600', new Date(Date.now() + 3_600_000).toUTCString()])(
    'gives up at once when %p is more than retryTimeout leaves',
    async (value) => {
      const { origin, http } = await start({ axios });
      origin.always(retryAfter(value));
      const error = await failureOf(http.get('/'));
      expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1, giveUp: 'retry-after' });
    },
  );

  it('heeds the reset of a rate limit', async () => {
    const { origin, http } = await start({ axios });
    origin.always(reply({ status: 429, headers: { RateLimit: '"default";r=0;t=3600' } }));
    expect(getPolicyMetadata(await failureOf(http.get('/')))?.giveUp).toBe('retry-after');
  });

  it('is not heeded with retryAfter: false', async () => {
    const { origin, http } = await start({ axios, retry: { retryAfter: false } });
    origin.enqueue(retryAfter('3600'));
    expect(getPolicyMetadata(await http.get('/'))?.delaysMs).toEqual([1]);
  });

  it('does not make a status retryable that is not', async () => {
    const { origin, http } = await start({ axios });
    origin.always(retryAfter('0', 404));
    await failureOf(http.get('/'));
    expect(origin.requests).toHaveLength(1);
  });
});

describe.each(AXIOS_COPIES)('given methods and statuses, with $name', ({ axios }) => {
  it('retries statuses only of the methods that are named, in any case', async () => {
    const { origin, http } = await start({ axios, retry: { maxRetries: 1, methods: ['get', 'Put'] } });
    origin.always(unavailable());
    for (const method of ['get', 'put', 'delete', 'post'])
      await failureOf(http.request({ url: '/', method }));
    expect(origin.requests.map(({ method }) => method)).toEqual([
      'GET',
      'GET',
      'PUT',
      'PUT',
      'DELETE',
      'POST',
    ]);
  });

  it('retries a lost connection of any method by the table', async () => {
    const { origin, http } = await start({ axios, retry: { methods: ['GET'] } });
    origin.enqueue(reset());
    await http.put('/', 'x');
    expect(origin.requests).toHaveLength(2);
  });

  it.each([[[404]], [(status: number) => status === 404]])(
    'retries the statuses of %p only',
    async (statuses) => {
      const { origin, http } = await start({ axios, retry: { maxRetries: 1, statuses } });
      origin.enqueue(...times(2, reply({ status: 404 })), unavailable());
      await failureOf(http.get('/'));
      await failureOf(http.get('/'));
      expect(origin.requests).toHaveLength(3);
    },
  );
});

describe.each(AXIOS_COPIES)('given overrides of one request, with $name', ({ axios }) => {
  it('hold for that request, on top of the policy', async () => {
    const { origin, http } = await start({ axios, retry: { maxRetries: 3, statuses: [404] } });
    origin.always(reply({ status: 404 }));
    const fromFile: object = { max_retries: 0 };
    await failureOf(http.get('/one', { policy: { retry: { maxRetries: 1 } } }));
    await failureOf(http.get('/none', { policy: { retry: fromFile } }));
    await failureOf(http.get('/other', { policy: { retry: { statuses: [503] } } }));
    await failureOf(http.get('/policy'));
    const count = (url: string) => origin.requests.filter((request) => request.url === url).length;
    expect(['/one', '/none', '/other', '/policy'].map(count)).toEqual([2, 1, 1, 4]);
  });

  it('are not changed, and may be shared by requests', async () => {
    const { origin, http } = await start({ axios });
    const config = Object.freeze({ policy: Object.freeze({ retry: Object.freeze({ maxRetries: 1 }) }) });
    origin.always(unavailable());
    await Promise.all([failureOf(http.get('/', config)), failureOf(http.get('/', config))]);
    expect(origin.requests).toHaveLength(4);
    expect(config).toEqual({ policy: { retry: { maxRetries: 1 } } });
  });
});

describe.each(AXIOS_COPIES)('given a budget, with $name', ({ axios }) => {
  const budget = { initialTokens: 3, maxTokens: 3, minTokens: 0 };

  it('gives up with the reason when it is spent', async () => {
    const reasons: string[] = [];
    const { origin, http, policy } = await start({
      axios,
      retry: { budget, onGiveUp: ({ reason }) => void reasons.push(reason) },
    });
    origin.always(unavailable());
    const errors = [await failureOf(http.get('/')), await failureOf(http.get('/'))];
    expect(errors.map((error) => getPolicyMetadata(error)?.attempts)).toEqual([4, 1]);
    expect(reasons).toEqual(['budget', 'budget']);
    expect(policy.stats()).toMatchObject({ giveUps: { budget: 2 }, budget: [{ tokens: 0, capacity: 3 }] });
  });

  it('gets back what a request took that succeeds', async () => {
    const { origin, http, policy } = await start({ axios, retry: { budget } });
    origin.enqueue(...times(3, unavailable()), reply(), ...times(3, unavailable()));
    await http.get('/');
    await http.get('/');
    expect(policy.stats().budget).toMatchObject([{ tokens: 3 }]);
  });

  it('does not bind a request that goes without', async () => {
    const { origin, http, policy } = await start({ axios, retry: { budget } });
    origin.enqueue(...times(6, unavailable()));
    await http.get('/', { policy: { retry: { budget: false } } });
    expect(origin.requests).toHaveLength(7);
    expect(policy.stats().budget).toEqual([]);
  });

  it('binds a request that wants it where the policy has none', async () => {
    const { origin, http } = await start({ axios, retry: { budget: false } });
    origin.always(unavailable());
    const error = await failureOf(http.get('/', { policy: { retry: { budget } } }));
    expect(getPolicyMetadata(error)).toMatchObject({ attempts: 4, giveUp: 'budget' });
  });

  it('may be the caller’s own, of the policy or of a request', async () => {
    const told: unknown[] = [];
    const own = (tokens: number): RetryBudget => {
      let left = tokens;
      return {
        withdraw: (origin) => {
          told.push(['withdraw', new URL(origin).protocol]);
          left -= 1;
          return left >= 0;
        },
        deposit: (_origin, retries) => void told.push(['deposit', retries]),
      };
    };
    const { origin, http } = await start({ axios, retry: { budget: own(1) } });
    origin.enqueue(unavailable(), reply(), ...times(3, unavailable()));
    await http.get('/');
    await failureOf(http.get('/'));
    await http.get('/', { policy: { retry: { budget: own(9) } } });
    expect(told).toEqual([
      ['withdraw', 'https:'],
      ['deposit', 1],
      ['withdraw', 'https:'],
      ['withdraw', 'https:'],
      ['withdraw', 'https:'],
      ['deposit', 2],
    ]);
  });

  it('counts a request that is resolved against the will of shouldRetry as no success', async () => {
    const deposits: number[] = [];
    const own = {
      withdraw: () => true,
      deposit: (_: string, retries: number) => void deposits.push(retries),
    };
    const { http } = await start({
      axios,
      retry: { budget: own, maxRetries: 1, backoff: QUICK, shouldRetry: () => true },
    });
    const response = await http.get('/');
    expect(response.status).toBe(200);
    expect(getPolicyMetadata(response)).toMatchObject({ attempts: 2, giveUp: 'max-retries' });
    expect(deposits).toEqual([]);
  });
});

describe('given Retry-After as a date', () => {
  it('waits until then, with either axios', async () => {
    await Promise.all(
      AXIOS_COPIES.map(async ({ axios }) => {
        const { origin, http } = await start({ axios });
        const date = new Date(Date.now() + 1500);
        origin.enqueue(retryAfter(date.toUTCString()));
        const response = await http.get('/');
        expect(response.status).toBe(200);
        // A date of HTTP has whole seconds.
        expect(Date.now()).toBeGreaterThanOrEqual(Math.floor(date.getTime() / 1000) * 1000);
      }),
    );
  });
});
