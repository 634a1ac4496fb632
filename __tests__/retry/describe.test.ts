import fc from 'fast-check';
import type { GiveUpReason } from '../../lib/config/types.js';
import { describeCause, type FailureFacts, formatFailure } from '../../lib/retry/describe.js';
import { redactText, redactUrl } from '../../lib/retry/redact.js';

const line = (given: Partial<FailureFacts> = {}): string =>
  formatFailure({
    method: 'GET',
    url: 'https://host/path',
    retries: 3,
    elapsedMs: 2400,
    maxRetries: 3,
    retryTimeoutMs: 180_000,
    what: '503 Service Unavailable',
    ...given,
  });

describe('the line', () => {
  it('names request, effort, limits and cause', () => {
    expect(line()).toBe(
      'GET https://host/path failed after 3 retries in 2.4 s (maxRetries 3, retryTimeout 3m): 503 Service Unavailable',
    );
  });

  it('says nothing of retries where there were none, and of one in the singular', () => {
    expect(line({ retries: 0 })).toContain('GET https://host/path failed in 2.4 s (');
    expect(line({ retries: 1 })).toContain('failed after 1 retry in 2.4 s (');
  });

  it.each([
    [0, '0 ms'],
    [331.4, '331 ms'],
    [999.4, '999 ms'],
    [999.6, '1.0 s'],
    [59_940, '59.9 s'],
    [59_960, '1m'],
    [125_300, '2m 5s'],
  ])('an elapsed time of %d ms reads %s', (elapsedMs, expected) => {
    expect(line({ elapsedMs })).toContain(`in ${expected} (`);
  });

  it.each<GiveUpReason>([
    'not-idempotent',
    'body-not-replayable',
    'retry-timeout',
    'retry-after',
    'budget',
    'should-retry',
  ])('names the reason %s', (giveUp) => {
    expect(line({ giveUp })).toContain(`(maxRetries 3, retryTimeout 3m, gave up: ${giveUp}): `);
  });

  it.each<GiveUpReason | undefined>(['max-retries', 'not-retryable', 'cancelled', undefined])(
    'does not name %s',
    (giveUp) => {
      expect(line({ giveUp })).not.toContain('gave up');
    },
  );

  it('writes the method as it is on the wire', () => {
    expect(line({ method: 'post' })).toMatch(/^POST /);
  });

  it('stays one line of bounded length', () => {
    const long = line({ what: `first\nsecond\r\n\tthird ${'x'.repeat(5000)}` });
    expect(long).toContain('first second third xxx');
    expect(long).not.toMatch(/[\r\n\t]/);
    expect(long.length).toBeLessThan(500);
    expect(long.endsWith('…')).toBe(true);
  });
});

describe('secrets', () => {
  it('do not appear', () => {
    const text = line({
      url: 'https://user:pa%40ss@host/path?token=t0ken#frag',
      what: 'proxy http://joe:s3cret@proxy:8080 said no, authorization: Bearer abc.def, see https://host/x?sig=s1g',
    });
    expect(text).toContain('GET https://host/path failed');
    expect(text).toContain('proxy http://proxy:8080/ said no'.replace('/ said', ' said'));
    for (const secret of ['user', 'pa%40ss', 't0ken', 'frag', 'joe', 's3cret', 'abc.def', 's1g']) {
      expect(text).not.toContain(secret);
    }
  });

  it('of a sensitive request are its whole URL, also in the cause', () => {
    const text = line({ sensitive: true, what: 'cannot reach https://host/path' });
    expect(text).toMatch(/^GET REDACTED failed /);
    expect(text).not.toContain('host');
  });

  it('never come through in a URL, whatever they are made of', () => {
    // Letters that appear nowhere else in the line.
    const secret = fc.string({
      unit: fc.constantFrom('Q', 'Z', '@', ':', '%', '!', '$', '.'),
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(secret, secret, secret, (user, password, query) => {
        const text = line({
          url: `https://Z${user}:Q${password}@host/path?Q=${query}`,
          what: `at https://Z${user}:Q${password}@host/`,
        });
        expect(text).not.toMatch(/[QZ]/);
      }),
    );
  });
});

describe('redactUrl', () => {
  it.each([
    ['https://host/a/b', 'https://host/a/b'],
    ['https://host:8443/a?b=c', 'https://host:8443/a'],
    ['https://host?b=c', 'https://host'],
    ['https://host/a#frag?x', 'https://host/a'],
    ['https://u:p@host/a@b', 'https://host/a@b'],
    ['https://u:p@x@host/', 'https://host/'],
    ['HTTPS://u:p@host/', 'HTTPS://host/'],
    ['https:/u:p@host/a', 'https://host/a'],
    ['https:\\\\u:p@host\\a', 'https://host\\a'],
    ['https:u:p@host/a', 'https://host/a'],
    [' https://u:p@host/a b', 'https://host/ab'],
    ['http://[::1]:8080/a', 'http://[::1]:8080/a'],
    ['//u:p@host/a', '//host/a'],
    ['ftp://u:p@host/a', 'ftp://host/a'],
    ['/a/b?c', '/a/b'],
    ['a@b', 'a@b'],
    ['data:text/plain,secret', 'data:'],
    ['', ''],
  ])('%s → %s', (url, expected) => {
    expect(redactUrl(url, false)).toBe(expected);
    expect(redactUrl(url, true)).toBe('REDACTED');
  });
});

describe('redactText', () => {
  it('reads a long text in no time', () => {
    const long = 'a.'.repeat(50_000);
    expect(redactText(long, false)).toBe(long);
  });

  it.each([
    ['connect ECONNREFUSED 127.0.0.1:80', 'connect ECONNREFUSED 127.0.0.1:80'],
    ['//u:p@proxy:8080 refused', '//proxy:8080 refused'],
    ['{"Authorization": "Basic dTpw", "accept": "*/*"}', '{"Authorization": REDACTED, "accept": "*/*"}'],
    ['proxy-authorization: Basic dTpw\nHost: h', 'proxy-authorization: REDACTED Host: h'],
    ["{ cookie: 'a=b; c=d', x: 1 }", '{ cookie: REDACTED, x: 1 }'],
    ['Set-Cookie: a=b; Secure', 'Set-Cookie: REDACTED'],
    ['got Bearer abc-def_123.x/y+z==', 'got Bearer REDACTED'],
    ['mail joe@host.example', 'mail joe@host.example'],
  ])('%p → %p', (text, expected) => {
    expect(redactText(text, false)).toBe(expected);
  });
});

describe('the cause in words', () => {
  it.each([
    [
      { status: 503, statusText: 'Service Unavailable', code: 'ERR_BAD_RESPONSE', message: 'Request failed' },
      '503 Service Unavailable',
    ],
    [{ status: 503, statusText: '' }, '503'],
    [{ status: 304, statusText: 'Not Modified', message: 'Request failed' }, '304 Not Modified'],
    [
      { status: 200, statusText: 'OK', code: 'ERR_BAD_RESPONSE', message: 'stream has been aborted' },
      'stream has been aborted (ERR_BAD_RESPONSE)',
    ],
    [{ code: 'ECONNRESET', message: 'socket hang up' }, 'socket hang up (ECONNRESET)'],
    [
      { code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 127.0.0.1:80' },
      'connect ECONNREFUSED 127.0.0.1:80',
    ],
    [{ message: 'Network Error' }, 'Network Error'],
    [{ code: 'ECONNREFUSED', message: '' }, 'ECONNREFUSED'],
    [{}, 'unknown error'],
  ])('%j → %s', (cause, expected) => {
    expect(describeCause(cause)).toBe(expected);
  });

  it('of a sensitive request is the code, since the message may name the host', () => {
    expect(describeCause({ code: 'ENOTFOUND', message: 'getaddrinfo ENOTFOUND secret.host' }, true)).toBe(
      'ENOTFOUND',
    );
    expect(describeCause({ message: 'Network Error' }, true)).toBe('Network Error');
  });
});
