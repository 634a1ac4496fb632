import { inspect } from 'node:util';
import { describeFailure } from '../../lib/index.js';
import { attached, attachedFor, failureOf } from '../helpers/attached.js';
import * as certs from '../helpers/certs.js';
import { startTlsStall } from '../helpers/faults.js';
import { hangUp, type Origin, redirect, reply, startOrigin } from '../helpers/origin.js';

/** A line from the middle of a PEM text, which no header or footer has. */
const bodyOf = (pem: string): string => pem.split('\n')[2] as string;

const SECRETS = [certs.passphrase, bodyOf(certs.client.key), bodyOf(certs.encryptedClientKey)];
const client = {
  connectTimeout: 60,
  timeout: 300,
  tls: {
    ca: certs.ca,
    cert: certs.client.cert,
    key: [certs.encryptedClientKey],
    passphrase: certs.passphrase,
  },
};

/** Every way in which a value may end up in a log. */
function renderings(value: unknown): string[] {
  return [
    inspect(value, { depth: 10 }),
    inspect(value, { depth: 10, showHidden: true, getters: true }),
    JSON.stringify(value),
    String(value),
  ];
}

const expectClean = (value: unknown): void => {
  const text = renderings(value).join('\n');
  expect(SECRETS.filter((secret) => text.includes(secret))).toEqual([]);
};

describe('TLS material of the policy does not show', () => {
  const failures: [string, (origin: Origin) => Promise<string>][] = [
    ['of a status', async (origin) => origin.always(reply({ status: 500 })).url],
    ['of a lost connection', async (origin) => origin.always(hangUp()).url],
    ['of a redirect loop', async (origin) => origin.always(redirect(302, '/')).url],
    ['of a stalled handshake', async () => `https://${(await startTlsStall()).host}`],
    ['of an untrusted certificate', async () => (await startOrigin({ tls: certs.other })).url],
  ];

  const cases = failures.flatMap(([name, arrange]) =>
    (['first', 'later'] as const).map((when) => ({ name, arrange, when })),
  );

  it.each(cases)('in an error $name of a $when request', async ({ arrange, when }) => {
    const origin = await startOrigin({ tls: { requestCert: true, ca: certs.ca } });
    const { http } = await attachedFor(when, { client });
    const error = await failureOf(http.get(await arrange(origin)));
    expectClean(error);
    expect(describeFailure(error)).not.toContain(certs.passphrase);
  });

  it('in a response', async () => {
    const origin = await startOrigin({ tls: { requestCert: true, ca: certs.ca } });
    const { http } = attached({ client: { ...client, connectTimeout: '5s', timeout: '5s' } });
    const response = await http.get(origin.url);
    expect(origin.handshakes[0]?.clientName).toBeDefined();
    expect(
      SECRETS.filter((secret) => inspect(response, { depth: 10, showHidden: true }).includes(secret)),
    ).toEqual([]);
  });

  it('in the policy and its statistics', () => {
    const { policy } = attached({ client });
    expectClean(policy);
    expectClean(policy.config);
    expectClean(policy.stats());
  });
});
