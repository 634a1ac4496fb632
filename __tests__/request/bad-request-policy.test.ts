import { PolicyConfigError } from '../../lib/index.js';
import { failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { start } from './setup.js';

interface Bad {
  policy: unknown;
  paths: string[];
}

const BAD: Bad[] = [
  { policy: { retry: { maxRetries: -1 } }, paths: ['policy.retry.maxRetries'] },
  { policy: { retry: { maxRetries: Number.NaN } }, paths: ['policy.retry.maxRetries'] },
  { policy: { retry: { backoff: { base: 1 } } }, paths: ['policy.retry.backoff.base'] },
  { policy: { retry: 'no' }, paths: ['policy.retry'] },
  { policy: { timeout: 0 }, paths: ['policy.timeout'] },
  { policy: { readTimeout: 'soon' }, paths: ['policy.readTimeout'] },
  { policy: { idempotent: 'maybe' }, paths: ['policy.idempotent'] },
  { policy: { body: 'not a function' }, paths: ['policy.body'] },
  { policy: { retires: {} }, paths: ['policy.retires'] },
  { policy: true, paths: ['policy'] },
  { policy: 'off', paths: ['policy'] },
  { policy: { timeout: -1, idempotent: 7 }, paths: ['policy.timeout', 'policy.idempotent'] },
];

describe.each(AXIOS_COPIES)('given a policy of a request that is wrong, with $name', ({ axios }) => {
  it.each(BAD)('rejects $policy with every problem, and sends nothing', async ({ policy, paths }) => {
    const { origin, http } = await start({ axios });
    const error: unknown = await failureOf(http.get('/', { policy } as object));
    expect(error).toBeInstanceOf(PolicyConfigError);
    expect((error as PolicyConfigError).problems.map(({ path }) => path)).toEqual(paths);
    expect(origin.connections).toBe(0);
  });

  it('suggests the key that was meant', async () => {
    const { http } = await start({ axios });
    const error = await failureOf(http.get('/', { policy: { idempotant: true } } as object));
    expect(error.message).toContain('idempotent');
  });

  it('rejects and does not throw, with asynchronous interceptors as well', async () => {
    const { origin, http } = await start({ axios });
    http.interceptors.request.use(async (config) => config);
    const request = http.get('/', { policy: { timeout: 0 } });
    expect(await failureOf(request)).toBeInstanceOf(PolicyConfigError);
    expect(origin.connections).toBe(0);
  });

  it('rejects when an interceptor puts it there, too', async () => {
    const { http } = await start({ axios });
    http.interceptors.request.use((config) => Object.assign(config, { policy: { timeout: 0 } }));
    expect(await failureOf(http.get('/'))).toBeInstanceOf(PolicyConfigError);
  });

  it('leaves the policy ready for the next request', async () => {
    const { http, policy } = await start({ axios });
    await failureOf(http.get('/', { policy: { timeout: 0 } }));
    expect((await http.get('/')).status).toBe(200);
    expect(policy.stats()).toMatchObject({ attempts: 1 });
  });

  it('takes undefined for nothing said', async () => {
    const { http } = await start({ axios });
    const policy = { retry: undefined, timeout: undefined, idempotent: undefined, body: undefined };
    expect((await http.get('/', { policy })).status).toBe(200);
    expect((await http.get('/', { policy: undefined })).status).toBe(200);
  });
});
