import { describePolicy, resolvePolicy } from '../../lib/config/resolve.js';
import { problemsOf } from './problems.js';

const clientOf = (client: object) => resolvePolicy({ client }).client;

describe('client.dns', () => {
  it('has the default of what it does not say', () => {
    expect(clientOf({}).dns).toEqual({ cacheTtlMs: 10_000, staleOnErrorMs: 60_000 });
    expect(clientOf({ dns: { cacheTtl: '1s' } }).dns).toEqual({ cacheTtlMs: 1000, staleOnErrorMs: 60_000 });
    expect(clientOf({ dns: true }).dns).toEqual({ cacheTtlMs: 10_000, staleOnErrorMs: 60_000 });
  });

  it('takes the reference’s spelling and false for each half', () => {
    const dns = { cache_ttl: '30s', stale_on_error: false };
    expect(clientOf({ dns }).dns).toEqual({ cacheTtlMs: 30_000, staleOnErrorMs: false });
  });

  it('may be switched off', () => {
    expect(clientOf({ dns: false }).dns).toBe(false);
    expect(clientOf({ dns: 'off' }).dns).toBe(false);
  });

  it.each([5, 'soon', [], null])('refuses %j', (dns) => {
    const [problem] = problemsOf(() => clientOf({ dns }));
    expect(problem).toMatchObject({
      path: 'client.dns',
      expected: expect.stringMatching(/^an object, or false/),
    });
  });

  it('says which part is wrong', () => {
    const problems = problemsOf(() => clientOf({ dns: { cacheTtl: 'soon', ttl: 5 } }));
    expect(problems.map(({ path }) => path).sort()).toEqual(['client.dns.cacheTtl', 'client.dns.ttl']);
  });
});

describe('client.eject', () => {
  it('has the default of what it does not say', () => {
    expect(clientOf({}).eject).toEqual({ failures: 5, forMs: 30_000, maxPercent: 50 });
    expect(clientOf({ eject: { for: '1m' } }).eject).toEqual({ failures: 5, forMs: 60_000, maxPercent: 50 });
  });

  it('takes numbers as text', () => {
    const eject = { failures: '3', max_percent: '10' };
    expect(clientOf({ eject }).eject).toEqual({ failures: 3, forMs: 30_000, maxPercent: 10 });
  });

  it.each([
    [{ failures: 0 }, 'client.eject.failures', 'a whole number from 1 to 1000000'],
    [{ maxPercent: 101 }, 'client.eject.maxPercent', 'a whole number from 0 to 100'],
    [{ for: 0 }, 'client.eject.for', 'a duration longer than 0 (use eject: false to switch it off)'],
  ])('refuses %j', (eject, path, expected) => {
    expect(problemsOf(() => clientOf({ eject }))).toEqual([expect.objectContaining({ path, expected })]);
  });

  it('is shown as it was written', () => {
    const { client } = describePolicy(resolvePolicy({ client: { eject: { failures: 2 }, dns: false } }));
    expect(client.eject).toEqual({ failures: 2, for: 30_000, maxPercent: 50 });
    expect(client.dns).toBe(false);
  });
});

describe('client.connectionMaxAge', () => {
  it('is a duration or false, and not 0', () => {
    expect(clientOf({ connectionMaxAge: '90s' }).connectionMaxAgeMs).toBe(90_000);
    expect(clientOf({ connection_max_age: false }).connectionMaxAgeMs).toBe(false);
    expect(problemsOf(() => clientOf({ connectionMaxAge: 0 }))[0]?.expected).toContain('poolIdleTimeout: 0');
  });
});

describe('the reference’s randomize_addresses', () => {
  it('takes the reference’s words', () => {
    expect(clientOf({ randomize_addresses: 'false' }).randomizeAddresses).toBe(false);
    expect(clientOf({}).randomizeAddresses).toBe(true);
  });
});

describe('retry.elsewhere', () => {
  it('is a boolean, of a request as well', () => {
    const policy = resolvePolicy({ retry: { elsewhere: 'no' } });
    expect(policy.retry).toMatchObject({ elsewhere: false });
    expect(problemsOf(() => resolvePolicy({ retry: { elsewhere: 'perhaps' } }))).toHaveLength(1);
  });
});
