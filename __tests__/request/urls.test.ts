import { Agent } from 'node:http';
import type { AxiosError, AxiosInstance, AxiosRequestConfig } from 'axios';
import { describeFailure } from '../../lib/index.js';
import { attached } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import * as certs from '../helpers/certs.js';
import { type Origin, reply, startOrigin } from '../helpers/origin.js';

const textual = (text: string) => ({ toString: () => text });

class Address {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  toString(): string {
    return this.#text;
  }
}

/** What callers give for a `url`, of all types, and as people misspell it. */
const urlsOf = (host: string): unknown[] => [
  ...[undefined, null, '', '/x', 'x', '?q=1', '#h', '/x:y', 'x:y', 'a/b:c', '/x\ty', '/%zz'],
  ...['//', '/\\', '\\\\', '///', 'http:', 'http:/', 'http:\\', 'http:\\\\', 'http:///'].map(
    (start) => start + host,
  ),
  ...['\t', ' ', '\0', '\u00a0'].map((space) => `${space}http://${host}/p`),
  ...[`http://${host}/p `, `ht\ttp://${host}/p`, `http\n:/${host}/p`, `http:/\t/${host}/p`],
  ...[`HTTP://${host}/p`, `http://u:p@${host}/p`, `ws://${host}/p`, `ftp://${host}/p`, 'http:', 'http://['],
  ...['file:///etc/hosts', 'data:text/plain,hi', 'mailto:x', 'http://a b/'],
  ...[0, 1, -0, Number.NaN, true, false, 0n, Symbol('x'), () => '/x', new Date(0), Buffer.from('/x')],
  ...[[], ['/x'], [`http://${host}/p`], ['/a', '/b'], {}, Object.create(null), { href: `http://${host}/p` }],
  ...[textual('/x'), textual(`http://${host}/p`), new Address('/x'), new Address(`http://${host}/p`)],
  ...[new String('/x'), new String(`http://${host}/p`), new URL(`http://${host}/p?q=1#h`)],
];

const basesOf = (host: string): unknown[] => [
  ...[undefined, null, '/api', ` http://${host}/v1`, `http://${host}/v1//`, new URL(`http://${host}/v1`)],
];

const ALLOWED = [undefined, false, 0];

describe.each(AXIOS_COPIES)('Whatever the url is, with $name', ({ axios }) => {
  let named: Origin;
  let base: Origin;

  beforeEach(async () => {
    [named, base] = await Promise.all([startOrigin(), startOrigin()]);
  });

  /** How each of some requests ended, and which request came to which server for it. */
  async function picturesOf(http: AxiosInstance, requests: readonly object[]): Promise<unknown[]> {
    for (const origin of [named, base]) origin.requests.length = 0;
    const outcomes = await Promise.all(
      requests.map((config, index) =>
        http.request({ ...config, headers: { 'X-Number': index } } as AxiosRequestConfig).then(
          ({ status, data, request }) => [status, data, request?.res?.responseUrl],
          ({ name, code, message }: AxiosError) => [name, code, message],
        ),
      ),
    );
    return requests.map((config, index) => ({
      config: Object.values(config).map(nameOf),
      outcome: outcomes[index],
      arrived: [named, base].map((origin) =>
        origin.requests
          .filter(({ headers }) => headers['x-number'] === String(index))
          .map(({ method, url, headers }) => [method, url, headers.host, headers.authorization]),
      ),
    }));
  }

  const configs = () =>
    urlsOf(`127.0.0.1:${named.port}`).flatMap((url) =>
      basesOf(`127.0.0.1:${base.port}`).map((baseURL) => ({ url, baseURL })),
    );

  it.each(ALLOWED)(
    'and allowAbsoluteUrls is %p, the request is the one that axios sends',
    async (allowAbsoluteUrls) => {
      const agents = { httpAgent: new Agent({ maxSockets: 20 }) };
      const bare = axios.create(agents);
      const { http } = attached({ axios, defaults: agents });
      await http.get(named.url);
      const requests = configs().map((config) => ({ ...config, allowAbsoluteUrls }));
      const theirs = await picturesOf(bare, requests);
      const ours = await picturesOf(http, requests);
      expect(ours).toEqual(theirs);
    },
  );

  it.each([
    ['http', { tls: { ca: certs.ca } }],
    ['fetch', { tls: undefined }],
  ] as const)('plain http is refused without allowHttp over %s', async (adapter, client) => {
    const { http } = attached({ axios, client: { allowHttp: false, ...client }, defaults: { adapter } });
    const requests = configs().flatMap((config) => [config, { ...config, allowAbsoluteUrls: 0 }]);
    await Promise.allSettled(requests.map((config) => http.request(config as AxiosRequestConfig)));
    expect(named.connections + base.connections).toBe(0);
  });

  it('a URL object is tried again, and named when it fails', async () => {
    const { http } = attached({
      axios,
      retry: { maxRetries: 1, backoff: { initBackoff: 1, maxBackoff: 1 } },
    });
    named.always(reply({ status: 503 }));
    const url = new URL(`${named.url}/p?q=secret`) as unknown as string;
    const error = await http.get(url).catch((failure: unknown) => failure);
    expect(named.requests.map((request) => request.url)).toEqual(['/p?q=secret', '/p?q=secret']);
    expect(describeFailure(error)).toMatch(`GET ${named.url}/p failed after 1 retry`);
  });
});

function nameOf(value: unknown): string {
  try {
    return `${typeof value} ${String(value).replace(/\d{4,5}/, 'PORT')}`;
  } catch {
    return typeof value;
  }
}
