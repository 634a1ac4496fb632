import https from 'node:https';
import * as browser from '../../lib/index.browser.js';
import { attachPolicy, type PolicyConfig } from '../../lib/index.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { ca } from '../helpers/certs.js';
import { atEnd } from '../helpers/cleanup.js';

/** The warnings that attaching a policy brings, as `code: message`. */
function warningsOf(
  config: unknown,
  defaults: object = {},
  { attach = attachPolicy, axios = AXIOS_COPIES[0]?.axios } = {},
): string[] {
  const spy = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  try {
    const policy = attach(axios?.create(defaults) as never, config as PolicyConfig);
    atEnd(() => policy.close());
    return spy.mock.calls.map(([message, options]) => `${(options as { code: string }).code}: ${message}`);
  } finally {
    spy.mockRestore();
  }
}

const HTTP = 'AXIOS_POLICY_HTTP_NOT_ALLOWED';

describe.each(AXIOS_COPIES)('A baseURL over http, $name', ({ axios }) => {
  const warned = (client: object, baseURL: unknown) => warningsOf({ client }, { baseURL }, { axios });

  it('is told at attach, with the option that allows it and without what may be secret', () => {
    expect(warned({}, 'http://user:hunter2@api.test:8080/path?token=hunter3')).toEqual([
      `${HTTP}: policy 'api.test:8080': baseURL is http://api.test:8080, which is refused: use https, or allow it with client.allowHttp`,
    ]);
  });

  it.each([
    ['in capitals', 'HTTP://api.test', {}],
    ['as a URL', new URL('http://api.test'), {}],
    ['that a list does not allow', 'http://api.test', { allowHttp: ['localhost', 'b.test'] }],
  ])('is told %s', (_how, baseURL, client) => {
    expect(warned(client, baseURL)).toEqual([
      expect.stringContaining(`${HTTP}: policy 'api.test': baseURL is http://api.test,`),
    ]);
  });

  it.each([
    ['it is allowed', 'http://api.test', { allowHttp: true }],
    ['a list allows it', 'http://api.test', { allowHttp: ['.test'] }],
    ['it is https', 'https://api.test', {}],
    ['there is none', undefined, {}],
    ['it is relative', '/api', {}],
  ])('is no matter if %s', (_why, baseURL, client) => {
    expect(warned(client, baseURL)).toEqual([]);
  });
});

describe('A baseURL over http in a browser', () => {
  it('is told at attach', () => {
    const warnings = warningsOf(
      {},
      { baseURL: 'http://api.test', adapter: 'fetch' },
      { attach: browser.attachPolicy },
    );
    expect(warnings).toEqual([
      expect.stringContaining(`${HTTP}: policy 'api.test': baseURL is http://api.test,`),
    ]);
  });
});

describe('No system certificates', () => {
  const only = { disableSystemCertificates: true };

  it('are told at attach, if no other authority is named', () => {
    expect(warningsOf({ client: only })).toEqual([
      'AXIOS_POLICY_NO_AUTHORITY: client.disableSystemCertificates is on and no authority is named, ' +
        'so that https:// requests will fail: name yours in client.rootCertificate',
    ]);
  });

  it.each([
    ['rootCertificate', { client: { ...only, rootCertificate: ca } }, {}],
    ['tls.ca', { client: { ...only, tls: { ca } } }, {}],
    ['the agent of the instance', { client: only }, { httpsAgent: new https.Agent({ ca }) }],
  ])('are not told if %s has one', (_where, config, defaults) => {
    expect(warningsOf(config, defaults)).toEqual([]);
  });

  it('are not told if certificates are not checked', () => {
    expect(warningsOf({ client: { ...only, allowInvalidCertificates: true } })).toEqual([
      expect.stringMatching(/^AXIOS_POLICY_INVALID_CERTIFICATES/),
    ]);
  });
});

describe('Limits that look like seconds', () => {
  it('are told at attach, all in one warning, as they were spelled', () => {
    const config = {
      client_options: { connect_timeout: 5.0, timeout: 30.0, pool_idle_timeout: 90, allow_http: true },
      retry_config: { retry_timeout: 0.5 },
    };
    expect(warningsOf(config)).toEqual([
      "AXIOS_POLICY_SHORT_LIMITS: numbers are milliseconds: client_options.connect_timeout is 5ms (for seconds write '5s'), " +
        "client_options.timeout is 30ms (for seconds write '30s'), " +
        "client_options.pool_idle_timeout is 90ms (for seconds write '1m 30s'), " +
        "retry_config.retry_timeout is 1ms (for seconds write '500ms')",
    ]);
  });

  it.each([
    ['have a unit', { client: { timeout: '50ms', connectTimeout: { milliseconds: 50 } } }],
    ['are 100 ms or more', { client: { timeout: 100, readTimeout: 5000 } }],
    ['are off', { client: { timeout: false, poolIdleTimeout: 0 }, retry: { retryTimeout: 0 } }],
    ['are the first delays of a backoff', { retry: { backoff: { initBackoff: 5 } } }],
  ])('are not told if they %s', (_why, config) => {
    expect(warningsOf(config)).toEqual([]);
  });
});

describe('The name of a policy', () => {
  it('stands in its warnings', () => {
    const config = { name: 'billing', client: { allowInvalidCertificates: true, timeout: 5 } };
    expect(warningsOf(config)).toEqual([
      expect.stringMatching(/^AXIOS_POLICY_INVALID_CERTIFICATES: policy 'billing': client\.allow/),
      expect.stringMatching(/^AXIOS_POLICY_SHORT_LIMITS: policy 'billing': numbers are/),
    ]);
  });

  it('stands in the error of a wrong configuration', () => {
    const attach = () => warningsOf({ name: 'billing', client: { timeout: 0 } });
    expect(attach).toThrow(/^Invalid policy 'billing': client\.timeout: expected/);
  });

  it.each(['', ' billing', 'a\nb', 'x'.repeat(101), 5, {}])('is refused if it is %j', (name) => {
    expect(() => warningsOf({ name })).toThrow(/^Invalid policy: name: expected a name of 1 to 100 visible/);
  });
});

describe('A policy that is updated', () => {
  const REFUSED = 'AXIOS_POLICY_HTTP_NOT_ALLOWED';
  const UNCHECKED = 'AXIOS_POLICY_INVALID_CERTIFICATES';
  const SHORT = 'AXIOS_POLICY_SHORT_LIMITS';

  /** Attaches with the first configuration and updates to the others; the codes of the warnings of each. */
  function codesOf(...configs: PolicyConfig[]): string[][] {
    const spy = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const codes = () => {
      const found = spy.mock.calls.map(([, options]) => (options as { code: string }).code);
      spy.mockClear();
      return found;
    };
    try {
      const [first = {}, ...rest] = configs;
      const policy = attachPolicy(axiosOf(), first);
      atEnd(() => policy.close());
      return [
        codes(),
        ...rest.map((config) => {
          policy.update(config);
          return codes();
        }),
      ];
    } finally {
      spy.mockRestore();
    }
  }

  const axiosOf = () => AXIOS_COPIES[0]?.axios.create({ baseURL: 'http://api.test' }) as never;

  it('is not told again what has not changed', () => {
    const client = { allowInvalidCertificates: true, timeout: 30 };
    const more = { client: { ...client, userAgent: 'other' }, retry: { maxRetries: 1 } };
    expect(codesOf({ client }, { client }, more)).toEqual([[UNCHECKED, REFUSED, SHORT], [], []]);
  });

  it('is told of what is new, or other than before', () => {
    const unchecked = { client: { allowInvalidCertificates: true } };
    const short = (timeout: number) => ({ client: { allowHttp: true, timeout } });
    expect(codesOf({}, unchecked, short(30), short(20))).toEqual([[REFUSED], [UNCHECKED], [SHORT], [SHORT]]);
  });

  it('is told again of what was right in between, and of what carries another name', () => {
    const right = { client: { allowHttp: true } };
    expect(codesOf({}, right, {}, { name: 'billing' })).toEqual([[REFUSED], [], [REFUSED], [REFUSED]]);
  });
});
