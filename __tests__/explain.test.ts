import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { resolvePolicy } from '../lib/config/resolve.js';
import type { ResolvedRetry } from '../lib/config/resolved.js';
import type { PolicyExplanation, WorstCase } from '../lib/explain/index.js';
import { explainPolicy, renderExplanation } from '../lib/explain/index.js';
import { retryTableOf } from '../lib/explain/retry-table.js';
import { worstCaseNotesOf, worstCasesOf } from '../lib/explain/worst-case.js';
import type { PolicyConfig } from '../lib/index.js';
import { backoffMs, decide } from '../lib/retry/decide.js';

const PAGE = readFileSync(join(__dirname, '..', 'docs', 'explain.md'), 'utf8');

const PEM = readFileSync(join(__dirname, 'fixtures', 'tls', 'ca.pem'), 'utf8');

const SECRETS = {
  client: {
    proxyUrl: 'http://someone:pa55word@proxy:3128',
    tls: { key: 'PRIVATE KEY', cert: 'CERTIFICATE', passphrase: 'open sesame' },
  },
} satisfies PolicyConfig;

function fieldOf({ client, retry }: PolicyExplanation, key: string) {
  return [...client, ...(retry || [])].find((field) => field.key === key);
}

function longest(config: PolicyConfig, situation: WorstCase['situation']) {
  return worstCasesOf(resolvePolicy(config)).find((worst) => worst.situation === situation)?.longestMs;
}

/** The verdicts of one row, by method. */
function verdictsOf(config: PolicyConfig, kind: string): Record<string, string | undefined> {
  const { methods, rows } = retryTableOf(resolvePolicy(config));
  const row = rows.find((candidate) => candidate.kind === kind);
  return Object.fromEntries(
    methods.flatMap((group, index) => group.map((method) => [method, row?.verdicts[index]])),
  );
}

function isDeeplyFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isDeeplyFrozen);
}

describe('given no configuration', () => {
  const explanation = explainPolicy();

  it('explains every field that a policy has, as a default with a reason of one sentence', () => {
    const { client, retry } = explanation;
    const fields = [...client, ...(retry || [])];
    expect(fields.map(({ key }) => key.split('.')[1])).toEqual(
      expect.arrayContaining(['connectTimeout', 'tls', 'maxRetries', 'budget', 'resume', 'onGiveUp']),
    );
    expect(fields).toHaveLength(26 + 14 + 2 + 5);
    for (const { source, text, defaultText, why } of fields) {
      expect({ source, text }).toEqual({ source: 'default', text: defaultText });
      expect(why).toMatch(/^[A-Z`].*\.$/);
    }
  });

  it('has nothing to ask about', () => {
    expect(explanation.remarks).toEqual([]);
    expect(renderExplanation(explanation)).not.toContain('Is this meant?');
  });

  it('gives the values of the documentation', () => {
    const texts = Object.fromEntries(
      [...explanation.client, ...(explanation.retry || [])].map(({ key, text }) => [key, text]),
    );
    expect(texts).toMatchObject({
      'client.allowHttp': 'false',
      'client.connectTimeout': '5s',
      'client.timeout': '30s',
      'client.readTimeout': 'off',
      'client.poolIdleTimeout': '15s',
      'client.poolMaxIdlePerHost': 'unlimited',
      'client.proxyUrl': 'environment',
      'retry.maxRetries': '10',
      'retry.retryTimeout': '3m',
      'retry.backoff.initBackoff': '100ms',
      'retry.backoff.maxBackoff': '15s',
      'retry.statuses': '5xx, 429, 408',
      'retry.methods': 'all',
      'retry.idempotent': 'by method',
      'retry.budget': 'adaptive',
      'retry.budget.perSuccess': '0.1',
    });
    expect(fieldOf(explanation, 'client.poolIdleTimeout')).toMatchObject({ value: 15_000 });
    expect(fieldOf(explanation, 'client.poolIdleTimeout')?.why).toContain('20–75 s');
  });

  it('has the table of the documentation', () => {
    const { methods, rows } = explanation.retryTable;
    expect(methods).toEqual([
      ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY'],
      ['PUT', 'DELETE'],
      ['POST', 'PATCH', 'others'],
    ]);
    expect(rows.map(({ kind, verdicts }) => [kind, ...verdicts])).toEqual([
      ['connect', 'yes', 'yes', 'yes'],
      ['status', 'yes', 'yes', 'yes'],
      ['dropped', 'yes', 'yes', 'if-idempotent'],
      ['timeout', 'yes', 'if-idempotent', 'if-idempotent'],
      ['permanent', 'no', 'no', 'no'],
    ]);
  });

  it('is the same every time, frozen at every level, and survives JSON', () => {
    expect(explainPolicy({})).toEqual(explanation);
    expect(explainPolicy({ client: {}, retry: {} })).toEqual(explanation);
    expect(isDeeplyFrozen(explanation)).toBe(true);
    expect(JSON.parse(JSON.stringify(explanation))).toEqual(explanation);
  });
});

describe('given a configuration', () => {
  it('tells what was given, in either spelling, from what was not', () => {
    const config = JSON.parse(
      '{"client_options":{"connect_timeout":"2s","http2_only":"true"},"retry_config":{"backoff":{"init_backoff":"1s"},"budget":{"max_tokens":5}}}',
    );
    const explanation = explainPolicy(config);
    expect(fieldOf(explanation, 'client.connectTimeout')).toMatchObject({
      value: 2000,
      text: '2s',
      source: 'given',
      defaultText: '5s',
    });
    expect(fieldOf(explanation, 'client.timeout')?.source).toBe('default');
    expect(fieldOf(explanation, 'retry.backoff.initBackoff')?.source).toBe('given');
    expect(fieldOf(explanation, 'retry.backoff.maxBackoff')?.source).toBe('default');
    expect(fieldOf(explanation, 'retry.budget.maxTokens')?.source).toBe('given');
    expect(fieldOf(explanation, 'retry.budget.minTokens')).toMatchObject({ value: 5, source: 'derived' });
    expect(fieldOf(explanation, 'client.http1Only')).toMatchObject({ value: false, source: 'derived' });
  });

  it('names functions, lists and switches in words', () => {
    const explanation = explainPolicy({
      client: {
        poolMaxIdlePerHost: 0,
        proxyUrl: false,
        proxyExcludes: '.internal,10.0.0.0/8',
        timeout: false,
      },
      retry: {
        statuses: [503, 429, 500, 501, 502],
        methods: ['get', 'purge'],
        idempotent: () => true,
        budget: { withdraw: () => true, deposit: () => undefined },
        idempotencyKey: true,
        retryAfter: false,
        onRetry: () => undefined,
      },
    });
    const texts = [
      'client.poolMaxIdlePerHost',
      'client.proxyUrl',
      'client.proxyExcludes',
      'client.timeout',
      'retry.statuses',
      'retry.methods',
      'retry.idempotent',
      'retry.budget',
      'retry.idempotencyKey',
      'retry.retryAfter',
      'retry.onRetry',
    ].map((key) => fieldOf(explanation, key)?.text);
    expect(texts).toEqual([
      '0',
      'none',
      '.internal, 10.0.0.0/8',
      'off',
      '429, 500–503',
      'GET, PURGE',
      'your function',
      'your own',
      'idempotency-key',
      'off',
      'your function',
    ]);
    expect(explanation.worstCaseNotes).toContain('The time that your functions take is not counted.');
  });

  it.each<[key: string, config: PolicyConfig, text: string]>([
    ['client.dns', { client: { dns: false } }, 'off'],
    ['client.dns', { client: { dns: { cacheTtl: '5s' } } }, '5s, stale 1m'],
    ['client.eject', { client: { eject: false } }, 'off'],
    ['client.http2MaxFrameSize', { client: { http2MaxFrameSize: 32_768 } }, '32768'],
    ['client.proxyCaCertificate', { client: { proxyCaCertificate: PEM } }, '(not shown)'],
    ['retry.statuses', { retry: { statuses: [] } }, 'none'],
    ['retry.statuses', { retry: { statuses: (status) => status > 500 } }, 'your function'],
    ['retry.methods', { retry: { methods: [] } }, 'none'],
    ['retry.idempotent', { retry: { idempotent: true } }, 'true'],
    ['retry.budget', { retry: { budget: false } }, 'off'],
    ['retry.shouldRetry', { retry: { shouldRetry: () => undefined } }, 'your function'],
  ])('shows %s of %j as it is meant', (key, config, text) => {
    expect(fieldOf(explainPolicy(config), key)).toMatchObject({ text, source: 'given' });
  });

  it('says that a function of the caller may overrule the table, and nothing of a budget that is off', () => {
    const { notes } = retryTableOf(resolvePolicy({ retry: { shouldRetry: () => undefined, budget: false } }));
    expect(notes.join('\n')).toContain('Your function shouldRetry may overrule every row');
    expect(notes.join('\n')).not.toContain('budget');
  });

  it('shows no secret, neither in the object nor in the text', () => {
    const explanation = explainPolicy(SECRETS);
    for (const text of [JSON.stringify(explanation), renderExplanation(explanation)]) {
      expect(text).not.toMatch(/pa55word|someone|PRIVATE|CERTIFICATE|sesame/);
      expect(text).toContain('http://REDACTED@proxy:3128');
      expect(text).toContain('passphrase');
    }
  });

  it('throws what attachPolicy throws, and leaves the configuration as it is', () => {
    const wrong = { client: { timout: '5s' }, retry: { maxRetries: -1 } };
    const before = structuredClone(wrong);
    let message = '';
    try {
      resolvePolicy(wrong);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain('did you mean timeout?');
    expect(() => explainPolicy(wrong as PolicyConfig)).toThrow(message);
    expect(wrong).toEqual(before);
  });
});

describe('the retry table', () => {
  it('follows methods, in the row of statuses alone', () => {
    const config: PolicyConfig = { retry: { methods: ['GET', 'PURGE'] } };
    expect(verdictsOf(config, 'status')).toMatchObject({
      GET: 'yes',
      PURGE: 'yes',
      HEAD: 'no',
      others: 'no',
    });
    expect(verdictsOf(config, 'connect')).toMatchObject({ POST: 'yes', others: 'yes' });
    expect(verdictsOf(config, 'dropped')).toMatchObject({ HEAD: 'yes', PURGE: 'if-idempotent' });
  });

  it('follows statuses, also none and a function of the caller', () => {
    const outcome = (config: PolicyConfig) => retryTableOf(resolvePolicy(config)).rows[1]?.outcome;
    expect(outcome({ retry: { statuses: [503, 504] } })).toBe('status 503, 504');
    expect(verdictsOf({ retry: { statuses: [404] } }, 'status')).toMatchObject({ GET: 'yes', POST: 'yes' });
    expect(verdictsOf({ retry: { statuses: [] } }, 'status')).toMatchObject({ GET: 'no', POST: 'no' });
    expect(outcome({ retry: { statuses: () => false } })).toBe('a status that your function accepts');
  });

  it('follows idempotent and idempotencyKey', () => {
    expect(verdictsOf({ retry: { idempotent: true } }, 'timeout')).toMatchObject({ PUT: 'yes', POST: 'yes' });
    expect(verdictsOf({ retry: { idempotent: false } }, 'timeout')).toMatchObject({ GET: 'if-idempotent' });
    expect(verdictsOf({ retry: { idempotent: () => true } }, 'dropped')).toMatchObject({
      GET: 'if-idempotent',
      POST: 'if-idempotent',
    });
    const keyed: PolicyConfig = { retry: { idempotencyKey: 'x-request-key' } };
    expect(verdictsOf(keyed, 'timeout')).toMatchObject({
      POST: 'yes',
      PATCH: 'yes',
      PUT: 'if-idempotent',
      others: 'if-idempotent',
    });
    expect(explainPolicy(keyed).retryTable.notes.join()).toContain('idempotency-key or x-request-key');
  });

  it.each<[string, PolicyConfig]>([
    ['retry is false', { retry: false }],
    ['maxRetries is 0', { retry: { maxRetries: 0 } }],
    ['budget.maxTokens is less than one retry', { retry: { budget: { maxTokens: 0.5 } } }],
    ['retryTimeout has no room for initBackoff', { retry: { retryTimeout: 50 } }],
  ])('says no throughout where %s', (why, config) => {
    const { retryTable, schedule, worstCases } = explainPolicy(config);
    expect(new Set(retryTable.rows.flatMap(({ verdicts }) => verdicts))).toEqual(new Set(['no']));
    expect(retryTable.notes[0]).toBe(`Nothing is retried: ${why}.`);
    expect(schedule).toMatchObject({ retries: 0, delays: [], total: { maxMs: 0 } });
    expect(worstCases.map(({ longestMs }) => longestMs)).toEqual([30_000, 5000]);
  });

  it('names only the clocks that run', () => {
    const outcomes = (config: PolicyConfig) =>
      explainPolicy(config)
        .retryTable.rows.map(({ outcome }) => outcome)
        .join();
    const off = outcomes({ client: { timeout: false, connectTimeout: false, proxyUrl: false } });
    expect(off).not.toMatch(/connectTimeout|readTimeout|PING|proxy/);
    const on = outcomes({ client: { readTimeout: '7s', http2Only: true, http2KeepAliveInterval: '5s' } });
    expect(on).toContain('timeout (timeout 30s, readTimeout 7s, PING)');
  });
});

describe('the schedule of delays', () => {
  it('has exact bounds, and percentiles where theory puts them', () => {
    const { delays, total, retries, complete } = explainPolicy().schedule;
    expect({ retries, complete }).toEqual({ retries: 10, complete: true });
    expect(delays.map(({ maxMs }) => maxMs)).toEqual([
      100, 200, 400, 800, 1600, 3200, 6400, 12_800, 15_000, 15_000,
    ]);
    expect(delays.map(({ minMs }) => minMs)).toEqual(new Array(10).fill(100));
    expect(delays.map(({ reached }) => reached)).toEqual(new Array(10).fill(1));
    expect(total).toMatchObject({ minMs: 1000, maxMs: 55_500 });
    // The second delay is uniform in [100, 200).
    expect(delays[0]).toMatchObject({ medianMs: 100, p95Ms: 100 });
    expect(Math.abs((delays[1]?.medianMs ?? 0) - 150)).toBeLessThanOrEqual(2);
    expect(Math.abs((delays[1]?.p95Ms ?? 0) - 195)).toBeLessThanOrEqual(2);
    expect(Math.abs((delays[2]?.medianMs ?? 0) - thirdMedianMs())).toBeLessThanOrEqual(3);
  });

  /** By bisection of P(third <= x) = ∫ over second y of min(1, (x − 100) / (2y − 100)), y uniform in [100, 200). */
  function thirdMedianMs(): number {
    const share = (x: number): number => {
      const steps = Array.from({ length: 10_000 }, (_, index) => 100 + (index + 0.5) / 100);
      return steps.reduce((sum, y) => sum + Math.min(1, (x - 100) / (2 * y - 100)), 0) / steps.length;
    };
    let [low, high] = [100, 400];
    while (high - low > 0.01) {
      const middle = (low + high) / 2;
      if (share(middle) < 0.5) low = middle;
      else high = middle;
    }
    return low;
  }

  it('is cut by retryTimeout, and says which share of requests gets how far', () => {
    const { delays, total, retries } = explainPolicy({ retry: { retryTimeout: '1s' } }).schedule;
    expect(retries).toBe(10);
    const reached = delays.map((delay) => delay.reached);
    expect(reached[0]).toBe(1);
    expect(reached).toEqual([...reached].sort((a, b) => b - a));
    expect(reached.at(-1)).toBeLessThan(0.5);
    expect(total.maxMs).toBe(1000);
    expect(total.minMs).toBeGreaterThan(100);
    expect(total.minMs).toBeLessThan(total.medianMs);
  });

  it('lays out the first 50 of very many retries', () => {
    const retry = { maxRetries: Number.MAX_SAFE_INTEGER, retryTimeout: '2h' };
    const { delays, retries, complete, total } = explainPolicy({ retry }).schedule;
    expect(retries).toBe(72_000);
    expect(delays).toHaveLength(50);
    expect(complete).toBe(false);
    expect(total.p95Ms).toBeLessThanOrEqual(total.maxMs);
  });

  it('keeps min <= median <= p95 <= max for any backoff', () => {
    const anyRetry = fc.record({
      maxRetries: fc.integer({ min: 1, max: 8 }),
      retryTimeout: fc.integer({ min: 1, max: 300_000 }),
      backoff: fc
        .tuple(
          fc.integer({ min: 1, max: 5000 }),
          fc.integer({ min: 0, max: 60_000 }),
          fc.double({ min: 1.001, max: 9, noNaN: true }),
        )
        .map(([initBackoff, more, base]) => ({ initBackoff, maxBackoff: initBackoff + more, base })),
    });
    fc.assert(
      fc.property(anyRetry, (retry) => {
        const { delays, total } = explainPolicy({ retry }).schedule;
        for (const { minMs, medianMs, p95Ms, maxMs } of [...delays, total]) {
          expect([minMs, medianMs, p95Ms, maxMs]).toEqual(
            [minMs, medianMs, p95Ms, maxMs].sort((a, b) => a - b),
          );
        }
      }),
      { numRuns: 8 },
    );
  });
});

describe('the longest time', () => {
  /** A request under a clock of its own: how long it takes if attempts last as `lastsMs` says, and draws come out so. */
  function takesMs(retry: ResolvedRetry, lastsMs: (attempt: number) => number, random: () => number): number {
    let delayMs: number | undefined;
    let elapsedMs = 0;
    for (let attempt = 1; ; attempt += 1) {
      elapsedMs += lastsMs(attempt);
      const verdict = decide({
        kind: 'status',
        status: 503,
        method: 'GET',
        idempotency: 'safe',
        bodyReplayable: true,
        retries: attempt - 1,
        elapsedMs,
        retry,
        backoffMs: () => {
          delayMs = backoffMs(retry.backoff, delayMs, random);
          return delayMs;
        },
        withdraw: () => true,
        random,
      });
      if (!verdict.retry) return elapsedMs;
      elapsedMs += verdict.delayMs;
    }
  }

  const retryOf = (config: PolicyConfig) => resolvePolicy(config).retry as ResolvedRetry;

  it('is never exceeded by a request, whatever its attempts and draws', () => {
    const anyCase = fc.record({
      timeout: fc.integer({ min: 1, max: 5000 }),
      maxRetries: fc.integer({ min: 0, max: 20 }),
      retryTimeout: fc.integer({ min: 0, max: 20_000 }),
      initBackoff: fc.integer({ min: 1, max: 2000 }),
      moreBackoff: fc.integer({ min: 0, max: 5000 }),
      shares: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 21, maxLength: 21 }),
      draws: fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
        minLength: 21,
        maxLength: 21,
      }),
    });
    fc.assert(
      fc.property(anyCase, ({ timeout, initBackoff, moreBackoff, shares, draws, ...limits }) => {
        const backoff = { initBackoff, maxBackoff: initBackoff + moreBackoff };
        const config = { client: { timeout }, retry: { ...limits, backoff, retryAfter: false } };
        let drawn = 0;
        const tookMs = takesMs(
          retryOf(config),
          (attempt) => timeout * (shares[attempt - 1] ?? 1),
          () => draws[drawn++] ?? 0,
        );
        expect(tookMs).toBeLessThanOrEqual(Number(longest(config, 'attempts')) + 1);
      }),
      { numRuns: 60 },
    );
  });

  it('is reached where the retries are used up: all attempts as long as they may be, the longest draws', () => {
    const config = { client: { timeout: '10s' }, retry: { maxRetries: 3 } };
    expect(
      takesMs(
        retryOf(config),
        () => 10_000,
        () => 1 - 2 ** -53,
      ),
    ).toBeCloseTo(40_700, 3);
    expect(longest(config, 'attempts')).toBe(40_700);
  });

  it('is reached where retryTimeout ends the retries: its last attempt starts just then, and is not cut', () => {
    // Five attempts of 30 s and a shorter one, each followed by 100 ms: the seventh starts at 180 s.
    const lastsMs = (attempt: number) => (attempt === 6 ? 29_400 : 30_000);
    expect(takesMs(retryOf({}), lastsMs, () => 0)).toBe(210_000);
    expect(longest({}, 'attempts')).toBe(210_000);
  });

  it('leaves no gap: where no attempt can start as late as retryTimeout, it counts the last that can', () => {
    const config = {
      client: { timeout: 50 },
      retry: { retryTimeout: 180, backoff: { initBackoff: 100, maxBackoff: 100 } },
    };
    expect(
      takesMs(
        retryOf(config),
        () => 50,
        () => 0,
      ),
    ).toBe(200);
    expect(longest(config, 'attempts')).toBe(200);
  });

  it('is retryTimeout and one attempt more where the server may ask for waits', () => {
    const config: PolicyConfig = { client: { timeout: '10s' }, retry: { maxRetries: 1 } };
    expect(longest(config, 'retry-after')).toBe(190_000);
    expect(longest({ retry: { retryAfter: false } }, 'retry-after')).toBeUndefined();
    expect(longest({ retry: false }, 'retry-after')).toBeUndefined();
  });

  it('is shorter without a connection, where connectTimeout or timeout ends the attempt', () => {
    expect(longest({}, 'no-connection')).toBe(5000 + 10 * 5000 + 55_500);
    expect(longest({ client: { timeout: '2s' } }, 'no-connection')).toBe(2000 + 10 * 2000 + 55_500);
    expect(longest({ client: { connectTimeout: false } }, 'no-connection')).toBe(210_000);
  });

  it('is unbounded without a timeout, but not without a connection', () => {
    const { worstCases } = explainPolicy({ client: { timeout: false } });
    expect(worstCases.map(({ situation, longestMs }) => [situation, longestMs])).toEqual([
      ['attempts', false],
      ['retry-after', false],
      ['no-connection', 110_500],
    ]);
    expect(longest({ client: { timeout: false, connectTimeout: false } }, 'no-connection')).toBe(false);
    const { worstCaseNotes } = explainPolicy({ client: { timeout: false, readTimeout: '7s' } });
    expect(worstCaseNotes.join()).toContain('after 7s of silence');
  });

  it('has its formula in the numbers of the configuration', () => {
    const [worst] = explainPolicy({ client: { timeout: '10s' }, retry: { maxRetries: 3 } }).worstCases;
    expect(worst?.formula).toBe(
      'timeout + min(retryTimeout, 3 × timeout + delays) = 10s + min(3m, 3 × 10s + 700ms) = 40.7s',
    );
  });

  it('notes what a chosen timeout bounds that the default does not', () => {
    const notes = (config: PolicyConfig) => worstCaseNotesOf(resolvePolicy(config)).join();
    expect(notes({})).toContain("responseType 'stream'");
    expect(notes({ client: { timeout: '30s' } })).not.toContain("responseType 'stream'");
  });
});

describe('the text', () => {
  it.each<[string, PolicyConfig]>([
    ['the defaults', {}],
    ['no retries', { retry: false }],
    ['secrets', SECRETS],
    [
      'long values and many groups of methods',
      {
        client: { userAgent: `agent/${'1'.repeat(120)} (with, much, in it)`, http2Only: true },
        retry: {
          methods: ['GET', 'PURGE', 'A-METHOD-WITH-A-VERY-LONG-NAME-INDEED'],
          idempotencyKey: true,
          maxRetries: 500,
        },
      },
    ],
  ])('keeps to 100 columns, without trailing blanks: %s', (_, config) => {
    const text = renderExplanation(explainPolicy(config));
    const lines = text.split('\n');
    expect(lines.length).toBeGreaterThan(40);
    expect(lines.filter((line) => line.length > 100 || /\s$/.test(line))).toEqual([]);
    expect(text).toMatch(/[^\n]\n$/);
  });

  it('says the default and its reason beside a value that was given', () => {
    const text = renderExplanation(explainPolicy({ client: { readTimeout: '7s' } })).replace(/\s+/g, ' ');
    expect(text).toContain('readTimeout 7s given Default off. `timeout` bounds the attempt;');
  });

  it('says what has no bound, what is rare, and one retry in the singular', () => {
    const text = renderExplanation(explainPolicy({ client: { timeout: false }, retry: { maxRetries: 1 } }));
    expect(text).toMatch(/^ {2}unbounded +every attempt takes as long as it may/m);
    expect(text).toContain('Delays, at most 1 retry\n');
    const short = { initBackoff: '100ms', maxBackoff: '10s', base: 10 } as const;
    const rare = explainPolicy({ retry: { backoff: short, maxRetries: 20, retryTimeout: '2s' } });
    expect(renderExplanation(rare)).toMatch(/< 0\.1 %$/m);
  });

  it('lists methods by verdict where they are treated in many ways', () => {
    const retry = { methods: ['GET', 'PURGE'], idempotencyKey: true };
    const table = renderExplanation(explainPolicy({ retry })).split('What is retried')[1] ?? '';
    expect(table).toMatch(/outcome of an attempt +yes +if idempotent +no\n/);
    expect(table).toMatch(/no connection .* all\n/);
    expect(table).toMatch(/status 5xx, 429, 408 +GET PURGE +HEAD OPTIONS/);
  });

  it('is what its page shows', () => {
    const sample = /```text\n {2}field[\s\S]*?```/.exec(PAGE)?.[0] ?? '';
    const [json = ''] = /\{ "client": .* \}(?=`, for example)/.exec(PAGE) ?? [];
    const text = renderExplanation(explainPolicy(JSON.parse(json)));
    const parts = sample.replace(/```(?:text)?\n?/g, '').split('…\n');
    expect(parts).toHaveLength(3);
    const [fields = '', ...rest] = parts;
    const [titles = '', ...field] = fields.split('\n');
    for (const part of [titles, field.join('\n'), ...rest]) expect(text).toContain(part);
  });
});

describe('limits that are very short', () => {
  const { remarks, client } = explainPolicy({
    client_options: { connect_timeout: 5.0, timeout: '50ms', read_timeout: '1s' },
  });
  const text = renderExplanation(
    explainPolicy({ client: { connectTimeout: 5 }, retry: false, name: 'billing' }),
  );

  it('are remarked on, with what they would be in seconds if they have no unit', () => {
    expect(remarks).toEqual([
      "client_options.connect_timeout is 5ms (for seconds write '5s'), which is shorter than many a round trip.",
      'client_options.timeout is 50ms, which is shorter than many a round trip.',
    ]);
    expect(client.find(({ key }) => key === 'client.connectTimeout')?.text).toBe('5ms');
  });

  it('come first in the text', () => {
    expect(text).toMatch(/^Is this meant\?\n\n.*client\.connectTimeout is 5ms \(for seconds write '5s'\)/);
  });
});

describe('a list of hosts for http', () => {
  it('is shown as it is', () => {
    const explanation = explainPolicy({ client: { allowHttp: ['localhost', '.svc'] } });
    const field = explanation.client.find(({ key }) => key === 'client.allowHttp');
    expect(field).toMatchObject({ value: ['localhost', '.svc'], text: 'localhost, .svc', source: 'given' });
  });
});
