import { inspect } from 'node:util';
import * as keys from '../../lib/config/options.js';
import { resolvePolicy, resolveRequestPolicy } from '../../lib/config/resolve.js';
import { BUDGET_KEYS } from '../../lib/config/retry-parsers.js';
import { CLIENT_KEYS } from '../../lib/config/socket-options.js';
import { TLS_KEYS } from '../../lib/config/tls-options.js';
import { ProxySelector } from '../../lib/transport/proxy/selection.js';

const PEM = `-----BEGIN PRIVATE KEY-----\n${'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC'.repeat(8)}\n-----END PRIVATE KEY-----`;
const SECRETS = [
  'hunter2',
  'sk-live-4f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c',
  'ghp_16C7e42F292c6912E7710c838347Ae178B4a',
  'AKIAIOSFODNN7EXAMPLE',
  '9f86d081884c7d65',
  '5swordfishswordfish',
  'Bearer eyJhbGciOiJIUzI1NiJ9.e30.Et9HFtf9R3GEMA0IICOfFMVXY7kkTX1w',
  'https://me:hunter2@vault.test/?token=hunter2',
  'hunter2hunter://a',
  PEM,
];

/** What would give a secret away: any eight characters of it in a row, or a short one whole. */
function piecesOf(secret: string): string[] {
  const length = Math.min(secret.length, 8);
  return Array.from({ length: secret.length - length + 1 }, (_, at) => secret.slice(at, at + length));
}

/** All that a log could print of what is thrown; nothing if nothing is. */
function printed(call: () => unknown): string {
  try {
    call();
    return '';
  } catch (error) {
    return [
      String(error),
      JSON.stringify(error),
      inspect(error, { depth: null, showHidden: true, getters: true }),
    ].join('\n');
  }
}

function expectHidden(
  secret: string,
  config: unknown,
  resolve = resolvePolicy as (input: unknown) => unknown,
) {
  const text = printed(() => resolve(config));
  expect(piecesOf(secret).filter((piece) => text.includes(piece))).toEqual([]);
}

const SECTIONS: ReadonlyArray<
  readonly [path: string, keys: readonly string[], wrap: (value: object) => unknown]
> = [
  ['', keys.POLICY_KEYS.keys, (value) => value],
  ['client', CLIENT_KEYS.keys, (client) => ({ client })],
  ['client.tls', TLS_KEYS.keys, (tls) => ({ client: { tls } })],
  ['retry', keys.RETRY_KEYS.keys, (retry) => ({ retry })],
  ['retry.backoff', keys.BACKOFF_KEYS.keys, (backoff) => ({ retry: { backoff } })],
  ['retry.budget', BUDGET_KEYS.keys, (budget) => ({ retry: { budget } })],
];

describe.each(SECRETS)('a secret such as %j', (secret) => {
  it.each(SECTIONS)('is never shown, whatever field of %s it is in', (_path, names, wrap) => {
    for (const name of names) {
      expectHidden(secret, wrap({ [name]: secret }));
      expectHidden(secret, wrap({ [name]: [secret] }));
      expectHidden(secret, wrap({ [name]: { unknown: secret, seconds: secret } }));
    }
  });

  it('is never shown in the policy of a request', () => {
    const base = resolvePolicy({});
    for (const name of keys.REQUEST_KEYS.keys) {
      expectHidden(secret, { [name]: secret }, (input) => resolveRequestPolicy(input, base));
    }
  });

  it('is never shown in the place of the whole', () => {
    expectHidden(secret, secret);
    expectHidden(secret, { client: secret, retry: secret });
  });

  it('is never shown as a proxy of the environment', () => {
    const selector = new ProxySelector(undefined, [], { https_proxy: `ftp://${secret}`, http_proxy: secret });
    const target = { hostname: 'a.test', port: 443 };
    expectHidden(secret, 'https:', () => selector.proxyFor({ ...target, protocol: 'https:' }));
    expectHidden(secret, 'http:', () => selector.proxyFor({ ...target, protocol: 'http:' }));
  });
});

describe('a secret that is taken for a key', () => {
  it.each(SECRETS.filter((secret) => secret.length > 10))('is not shown: %j', (secret) => {
    expectHidden(secret, { client: { [secret]: 1 } });
    expectHidden(secret, { [secret]: 1 });
  });
});
