import { escapeHtml, lineChart } from '../../lib/cli/simulate/html.js';
import { productPolicy } from '../../lib/cli/simulate/policies.js';
import { readTrouble } from '../../lib/cli/simulate/scenario.js';
import type { Study } from '../../lib/cli/simulate/study.js';
import { resolvePolicy } from '../../lib/config/resolve.js';
import type { RetryConfig } from '../../lib/config/types.js';
import { command } from './run-command.js';

/** A fleet small enough for a test, which behaves as a large one. */
const SMALL = ['--clients', '30', '--rps', '60', '--capacity', '80', '--after', '20s'];

async function simulate(args: readonly string[], config?: object) {
  const files: Record<string, string> = config === undefined ? {} : { 'c.json': JSON.stringify(config) };
  const source = config === undefined ? [] : ['c.json'];
  const { out, err, exitCode } = await command(['simulate', ...SMALL, ...args, ...source], files);
  return { out, err, exitCode, files };
}

async function studyOf(args: readonly string[], config?: object): Promise<Study> {
  return JSON.parse((await simulate(['--json', ...args], config)).out);
}

const STORM = { retry: { budget: false } };
const BROWN_OUT = ['--trouble', 'brown-out:50%:20s', '--queue', '2s', '--after', '30s'];

describe('axios-policy simulate', () => {
  it('tells what the defaults do, beside no retries', async () => {
    const { setting, results } = await studyOf([]);

    expect(setting).toMatchObject({
      clients: 30,
      scenario: { offeredRps: 60, troubleMs: 5000, attemptTimeoutMs: 30_000, trouble: { down: true } },
    });
    expect(results.map(({ name }) => name)).toEqual(['this configuration', 'no retries']);
    const [own, bare] = results;
    expect(own?.succeeded).toBeGreaterThan(bare?.succeeded ?? 1);
    expect(own?.amplification).toBeGreaterThan(1.1);
    expect(bare?.amplification).toBe(1);
  });

  it('tells what another configuration does, beside the defaults', async () => {
    const { results } = await studyOf(BROWN_OUT, { ...STORM, client: { timeout: '1s' } });

    expect(results.map(({ name }) => name)).toEqual(['this configuration', 'the defaults', 'no retries']);
    const [storm, defaults] = results;
    expect(storm?.recoveryMs).toBeNull();
    expect(storm?.amplification).toBeGreaterThan(5);
    expect(defaults?.recoveryMs).toBeLessThanOrEqual(10_000);
  });

  it('takes retry: false for what it is', async () => {
    const { results } = await studyOf([], { retry: false });

    expect(results.map(({ name }) => name)).toEqual(['this configuration', 'the defaults']);
    expect(results[0]?.amplification).toBe(1);
  });

  it('is the same for the same seed, and another for another', async () => {
    const once = await studyOf([]);
    expect(await studyOf([])).toEqual(once);
    expect((await studyOf(['--seed', '2'])).results).not.toEqual(once.results);
  });

  it('prints a table and bars, in 100 columns', async () => {
    const { out, err, exitCode } = await simulate(BROWN_OUT, STORM);

    expect({ err, exitCode }).toEqual({ err: '', exitCode: 0 });
    expect(out).toContain('trouble  50 % of the capacity is gone for 20s');
    expect(out).toMatch(/^ +this configuration +\S.* \d+ % +\d+\/s|this configuration .*\d\/s/m);
    expect(out).toMatch(/^ {2}no retries +[▁▂▃▄▅▆▇█ ]+│[▁▂▃▄▅▆▇█ ]+│[▁▂▃▄▅▆▇█ ]+$/m);
    expect(out.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });

  it('says of a storm that the retries keep the server down', async () => {
    const { out } = await simulate(BROWN_OUT, { ...STORM, client: { timeout: '1s' } });

    expect(out).toContain('the server does not recover within 30s: the retries keep it overloaded');
  });

  it('blames the retries only for what does not happen without them', async () => {
    const whole = ['--trouble', 'brown-out:50%:5s', '--rps', '120', '--after', '6s'];
    const { out } = await simulate(whole, STORM);

    expect(out).toContain('does not recover within 6s, and without retries neither.');
    expect((await simulate(whole, { retry: false })).out).toContain(
      'With this configuration the server does not recover within 6s.\n',
    );
  });

  it('says nothing of the requests of a trouble that none was begun in', async () => {
    const { out, exitCode } = await simulate(['--trouble', 'outage:1ms', '--rps', '1']);

    expect(exitCode).toBe(0);
    expect(out).toMatch(/the server is well again at once\.\n/);
    expect(out).not.toContain('NaN');
  });

  it('says that there is no timeout, and how little succeeds', async () => {
    const never = ['--trouble', 'brown-out:100%:20s', '--rps', '1', '--latency', '100s', '--after', '1010s'];
    const { out } = await simulate(never, { client: { timeout: false }, retry: { maxRetries: 1 } });

    expect(out).toContain('  timeout  off\n');
    expect(out).toMatch(/^ {2}this configuration +at once +0 % +–/m);
  });

  it('gives up a retry that is told to wait while it sleeps, where there is no time to', async () => {
    const limited = ['--trouble', 'rate-limit:20:10s', '--clients', '1'];
    const retry = { retryTimeout: '1s', backoff: { initBackoff: '300ms' } };
    const [hasty] = (await studyOf(limited, { retry })).results;
    const [patient] = (await studyOf(limited, { retry: { ...retry, retryTimeout: '9s' } })).results;
    expect(hasty?.amplification).toBeLessThan((patient?.amplification ?? 0) * 0.8);
  });

  it.each([
    [0, '10s', {}],
    [1, '10s', { ...STORM, client: { timeout: '1s' } }],
  ])('ends with %i if asked whether the server recovers within %s', async (expected, within, config) => {
    const { exitCode } = await simulate([...BROWN_OUT, '--recover-within', within], config);
    expect(exitCode).toBe(expected);
  });

  it.each(['outage:2s', 'brown-out:5s', 'faults:25%:5s', 'stalls:25%:5s', 'rate-limit:30:5s'])(
    'knows the trouble %s',
    async (trouble) => {
      const { results } = await studyOf(['--trouble', trouble]);
      expect(results[0]?.recoveryMs).toBeLessThanOrEqual(10_000);
    },
  );

  describe('with --html', () => {
    it('writes a page that needs nothing else, and says where it is', async () => {
      const { err, files, exitCode } = await simulate(['--html', 'report.html'], STORM);
      const page = files['report.html'] ?? '';

      expect({ err, exitCode }).toEqual({ err: "axios-policy: the page is in 'report.html'\n", exitCode: 0 });
      expect(page).toMatch(/^<!doctype html>/);
      expect(page.match(/<svg /g)).toHaveLength(2);
      expect(page.match(/class="line line-0"/g)).toHaveLength(2);
      expect(page).toContain('full outage for 5s');
      expect(page).not.toMatch(/<script|https?:|src=|@import|url\(/);
    });

    it('ends with 1 for a page that cannot be written', async () => {
      const { err, exitCode } = await simulate(['--html', 'nowhere/report.html'], undefined);
      expect({ err, exitCode }).toEqual({
        err: "axios-policy: cannot write 'nowhere/report.html': no such file or directory\n",
        exitCode: 1,
      });
    });
  });

  it('refuses a configuration as attachPolicy does', async () => {
    const { out, err, exitCode } = await simulate([], { retry: { maxRetries: -1 } });
    expect({ out, exitCode }).toEqual({ out: '', exitCode: 1 });
    expect(err).toMatch(/^Invalid policy: retry\.maxRetries/);
  });

  it.each([
    ['--clients', '0', /--clients: expected a whole number from 1 to 1000000/],
    ['--rps', 'many', /--rps: expected a whole number/],
    ['--latency', '0s', /--latency: expected a duration/],
    ['--after', 'soon', /--after: expected a duration/],
    ['--recover-within', '5 parsecs', /--recover-within: expected a duration/],
    ['--trouble', 'flood:5s', /--trouble: expected 'outage:5s'/],
    ['--rps', '99999', /requests are too many/],
    ['--after', '5s', /--after: at least 6s tell if the server is well again/],
  ])('ends with 2 for %s %s', async (option, value, message) => {
    const { out, err, exitCode } = await simulate([option, value]);
    expect({ out, exitCode }).toEqual({ out: '', exitCode: 2 });
    expect(err).toMatch(message);
    expect(err).toContain('see axios-policy simulate --help');
  });
});

describe('the retries of one simulated client', () => {
  const ASKS_2S = { kind: 'status', status: 429, headers: { 'retry-after': '2' }, durationMs: 5 } as const;
  const REFUSED = { kind: 'connect', durationMs: 5 } as const;

  function clientOf(config: RetryConfig = {}) {
    const { retry } = resolvePolicy({ retry: config });
    if (retry === false) throw new Error('no retries to simulate');
    let nowMs = 0;
    const client = productPolicy('own', retry).client({ nowMs: () => nowMs, random: () => 0 });
    const passMs = (ms: number) => {
      nowMs += ms;
    };
    return { call: () => client.call(30_000), passMs };
  }

  it('wait for what the server asked another request to wait for', () => {
    const { call, passMs } = clientOf();
    expect(call().failed(ASKS_2S)).toBe(2000);
    passMs(500);
    expect(call().failed(REFUSED)).toBe(1500);
    passMs(1500);
    expect(call().failed(REFUSED)).toBeLessThan(1000);
  });

  it('sleep on if the server asks another request to wait meanwhile', () => {
    const { call, passMs } = clientOf();
    const sleeping = call();
    const delayMs = sleeping.failed(REFUSED) ?? Number.NaN;
    expect(sleeping.woken?.()).toBe(0);
    call().failed(ASKS_2S);
    passMs(delayMs);
    expect(sleeping.woken?.()).toBe(2000 - delayMs);
  });

  it('are given up on waking, if the wait does not fit into retryTimeout', () => {
    const { call, passMs } = clientOf({ retryTimeout: '1s' });
    const sleeping = call();
    const delayMs = sleeping.failed(REFUSED) ?? Number.NaN;
    call().failed(ASKS_2S);
    passMs(delayMs);
    expect(sleeping.woken?.()).toBeUndefined();
  });

  it('listen to nothing with retryAfter: false', () => {
    const { call } = clientOf({ retryAfter: false });
    const sleeping = call();
    expect(call().failed(ASKS_2S)).toBeLessThan(1000);
    expect(sleeping.failed(REFUSED)).toBeLessThan(1000);
    expect(sleeping.woken?.()).toBe(0);
  });

  it('need fewer attempts against a quota the fewer clients there are, for each has to be told only once', async () => {
    const attemptsOf = async (clients: string) =>
      (await studyOf(['--trouble', 'rate-limit:20:10s', '--clients', clients])).results[0]?.amplification;
    expect(await attemptsOf('1')).toBeLessThan(((await attemptsOf('200')) ?? 0) * 0.8);
  });
});

describe('a trouble', () => {
  const setup = { capacityRps: 400, offeredRps: 300 };

  it.each([
    ['outage:5s', { trouble: { down: true }, troubleMs: 5000, possibleRps: 0 }],
    ['brown-out:75%:1m', { trouble: { workers: 0.25 }, troubleMs: 60_000, possibleRps: 100 }],
    ['faults:5s', { trouble: { faultRate: 0.5 }, possibleRps: 300 }],
    ['rate-limit:120:10s', { trouble: { quota: { rps: 120, retryAfter: '2' } }, possibleRps: 120 }],
  ])('%s is read', (text, scenario) => {
    expect(readTrouble(text, setup)).toMatchObject(scenario);
  });

  it.each([
    'outage',
    'outage:0s',
    'outage:50%:5s',
    'faults:50:5s',
    'faults:101%:5s',
    'faults:0%:5s',
    'rate-limit:5%:5s',
    'faults:1%:2%:5s',
    'toString:5s',
    '',
  ])('%j is none', (text) => {
    expect(readTrouble(text, setup)).toBeUndefined();
  });
});

describe('a chart', () => {
  const window = {
    fromSecond: -10,
    toSecond: 30,
    troubleSeconds: 5,
    of: (values: readonly number[]) => values,
  };

  it('has the first line on top, and a scale that all of them fit into', () => {
    const svg = lineChart(
      'Rates',
      [
        { name: 'a', values: [1, 470] },
        { name: 'b', values: [3] },
      ],
      window,
      400,
    );

    expect(svg.indexOf('line-0')).toBeGreaterThan(svg.indexOf('line-1'));
    expect(svg).toContain('>500</text>');
    expect(svg).toContain('class="limit"');
    for (const [, y] of svg.matchAll(/ y="(-?[\d.]+)"/g)) {
      expect(Number(y)).toBeGreaterThanOrEqual(0);
      expect(Number(y)).toBeLessThanOrEqual(300);
    }
  });

  it('escapes what it is called', () => {
    expect(lineChart('<a & "b">', [], window)).toContain('aria-label="&lt;a &amp; &quot;b&quot;&gt;"');
    expect(escapeHtml('a < b')).toBe('a &lt; b');
  });
});
