import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { attachPolicy, type ClientConfig, PolicyConfigError } from '../../lib/index.js';
import { systemRoots } from '../../lib/transport/tls.js';
import { attached, failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import * as certs from '../helpers/certs.js';
import { runChild } from '../helpers/child.js';
import { atEnd } from '../helpers/cleanup.js';
import { startHttp2Origin } from '../helpers/http2-origin.js';
import { startOrigin } from '../helpers/origin.js';
import { startProxy } from '../helpers/proxy.js';

const UNTRUSTED = 'UNABLE_TO_VERIFY_LEAF_SIGNATURE';

/** An origin with a certificate of `ca`, and one with a certificate of `otherCa`. */
async function startBoth() {
  const [first, second] = await Promise.all([startOrigin({ tls: true }), startOrigin({ tls: certs.other })]);
  return { first: first.url, second: second.url };
}

/** Requests to both, with this client: their status, or the code of their failure. */
async function outcomesOf(client: ClientConfig): Promise<unknown[]> {
  const { first, second } = await startBoth();
  const { http } = attached({ client: { tls: undefined, ...client } });
  const outcomes = [first, second].map((url) =>
    http.get(url).then(
      ({ status }) => status,
      ({ code }) => code,
    ),
  );
  return Promise.all(outcomes);
}

describe('client.rootCertificate', () => {
  it.each<[string, ClientConfig['rootCertificate']]>([
    ['text', `# a bundle\n${certs.otherCa}\n${certs.ca}`],
    ['bytes', Buffer.from(`${certs.otherCa}${certs.ca}`)],
    ['a list', [certs.otherCa, Buffer.from(certs.ca)]],
  ])('takes several authorities as %s', async (_form, rootCertificate) => {
    expect(await outcomesOf({ rootCertificate })).toEqual([200, 200]);
  });

  it('is trusted beside tls.ca, which stands in for the authorities of the system', async () => {
    expect(await outcomesOf({ rootCertificate: certs.otherCa, tls: { ca: certs.ca } })).toEqual([200, 200]);
    expect(await outcomesOf({ rootCertificate: certs.otherCa })).toEqual([UNTRUSTED, 200]);
  });

  it("is trusted beside the authorities of the instance's agent", async () => {
    const { first, second } = await startBoth();
    const defaults = { httpsAgent: new Agent({ ca: certs.ca }) };
    const { http } = attached({ client: { tls: undefined, rootCertificate: certs.otherCa }, defaults });
    expect([(await http.get(first)).status, (await http.get(second)).status]).toEqual([200, 200]);
  });

  it('is trusted over HTTP/2', async () => {
    const origin = await startHttp2Origin();
    const { http } = attached({
      client: { tls: undefined, rootCertificate: certs.ca, http1Only: false, http2Only: true },
    });
    expect((await http.get(origin.url)).status).toBe(200);
  });

  it.each([
    ['the second of which is cut short', `${certs.ca}\n${certs.otherCa.slice(0, 300)}`],
    ['the second of which is broken', `${certs.ca}\n${certs.otherCa.replace(/\n[^\n]+\n/, '\nabc\n')}`],
  ])('is refused at attach if it is a bundle %s', (_what, rootCertificate) => {
    const http = (AXIOS_COPIES[0] as (typeof AXIOS_COPIES)[number]).axios.create();
    const attach = () => attachPolicy(http, { client: { rootCertificate } });
    expect(attach).toThrow(PolicyConfigError);
    expect(attach).toThrow(/client\.rootCertificate/);
    expect(attach).not.toThrow(/BEGIN/);
  });
});

describe('client.disableSystemCertificates', () => {
  it('leaves rootCertificate and tls.ca', async () => {
    const client = { disableSystemCertificates: true, rootCertificate: certs.otherCa };
    expect(await outcomesOf(client)).toEqual([UNTRUSTED, 200]);
    expect(await outcomesOf({ ...client, tls: { ca: certs.ca } })).toEqual([200, 200]);
  });

  it('alone trusts nobody', async () => {
    expect(await outcomesOf({ disableSystemCertificates: true })).toEqual([UNTRUSTED, UNTRUSTED]);
  });
});

describe('The authorities of the system', () => {
  it("are Node's own, among others", () => {
    expect(systemRoots()).toEqual(expect.arrayContaining([...rootCertificates]));
  });

  /** In a process for which `ca` is an authority of the system. */
  async function outcomesWith(env: NodeJS.ProcessEnv): Promise<unknown> {
    const { first, second } = await startBoth();
    const { stdout } = await runChild(
      `const clients = [
        { rootCertificate: process.env.OTHER_CA },
        { rootCertificate: process.env.OTHER_CA, disableSystemCertificates: true },
        {},
      ];
      const outcome = (http, url) => http.get(url).then(({ status }) => status, ({ code }) => code);
      (async () => {
        const outcomes = [];
        for (const client of clients) {
          const http = axios.create();
          attachPolicy(http, { client, retry: false });
          outcomes.push(await Promise.all([outcome(http, process.env.FIRST), outcome(http, process.env.SECOND)]));
        }
        console.log(JSON.stringify(outcomes));
      })();`,
      { FIRST: first, SECOND: second, OTHER_CA: certs.otherCa, ...env },
    );
    return JSON.parse(stdout);
  }

  async function fileWith(text: string): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'roots-'));
    atEnd(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, 'ca.pem'), text);
    return join(folder, 'ca.pem');
  }

  const BESIDE_OR_ALONE = [
    [200, 200],
    [UNTRUSTED, 200],
    [200, UNTRUSTED],
  ];

  it('are those of NODE_EXTRA_CA_CERTS too, and stay beside rootCertificate', async () => {
    const env = { NODE_EXTRA_CA_CERTS: await fileWith(certs.ca) };
    expect(await outcomesWith(env)).toEqual(BESIDE_OR_ALONE);
  });

  if (process.platform === 'linux' && process.allowedNodeEnvironmentFlags.has('--use-system-ca')) {
    it('are those of the operating system too, with --use-system-ca', async () => {
      const env = { NODE_OPTIONS: '--use-system-ca', SSL_CERT_FILE: await fileWith(certs.ca) };
      expect(await outcomesWith(env)).toEqual(BESIDE_OR_ALONE);
    });
  }
});

describe('An https proxy', () => {
  const through = async (client: ClientConfig) => {
    const [proxy, origin] = await Promise.all([startProxy({ tls: true }), startOrigin({ tls: true })]);
    const { http } = attached({ client: { proxyUrl: proxy.url, ...client } });
    return { http, url: origin.url };
  };

  it('is trusted by proxyCaCertificate, which origins are not', async () => {
    const { http, url } = await through({ proxyCaCertificate: certs.otherCa });
    expect((await http.get(url)).status).toBe(200);
    const { url: second } = await startOrigin({ tls: certs.other });
    expect(await failureOf(http.get(second))).toMatchObject({ code: UNTRUSTED });
  });

  it('is trusted by rootCertificate where it has no authorities of its own', async () => {
    const { http, url } = await through({ rootCertificate: certs.otherCa });
    expect((await http.get(url)).status).toBe(200);
    const other = await through({ rootCertificate: certs.otherCa, proxyCaCertificate: certs.ca });
    expect(await failureOf(other.http.get(other.url))).toMatchObject({ code: UNTRUSTED });
  });
});

describe('client.allowInvalidCertificates', () => {
  it("false goes before an agent's rejectUnauthorized: false, and nothing said does not", async () => {
    const { url } = await startOrigin({ tls: certs.other });
    const defaults = { httpsAgent: new Agent({ rejectUnauthorized: false }) };
    const strict = attached({ client: { allowInvalidCertificates: false }, defaults });
    expect(await failureOf(strict.http.get(url))).toMatchObject({ code: UNTRUSTED });
    expect((await attached({ defaults }).http.get(url)).status).toBe(200);
  });
});
