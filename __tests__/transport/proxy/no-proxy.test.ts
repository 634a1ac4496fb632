import { attached } from '../../helpers/attached.js';
import { AXIOS_COPIES } from '../../helpers/axios-copies.js';
import { startOrigin } from '../../helpers/origin.js';

const [newest] = AXIOS_COPIES;
const HOSTS = ['localhost', 'localhost.', '127.0.0.1', '127.1', '0x7f.1', '2130706433', '0.0.0.0'];
const ENTRIES = [
  ...['localhost', 'LOCALHOST.', '127.0.0.1', '127.1', '0x7f.0.0.1', '0177.0.0.1', '2130706433', '10.0.0.1'],
  ...[
    '[::1]',
    '::1',
    '::',
    '0.0.0.0',
    '::ffff:127.0.0.1',
    '127.0.0.0/8',
    '127.0.0.0/33',
    '::/0',
    '0.0.0.0/0',
  ],
  ...['*', '*localhost', '*host', '.1', '*.0.0.1', 'other.test localhost', '127.0.0.1:1', 'localhost:0', '.'],
];

describe('What NO_PROXY keeps from the proxy of the environment', () => {
  const { env } = process;
  afterEach(() => {
    process.env = env;
  });

  it.each(ENTRIES)('is what axios keeps from it, with %s', async (entry) => {
    const proxy = await startOrigin();
    const origin = await startOrigin({ host: '0.0.0.0' });
    process.env = { ...env, http_proxy: proxy.url, no_proxy: entry };
    const bare = newest?.axios.create();
    const { http } = attached();
    const urls = HOSTS.map((host) => `http://${host}:${origin.port}/`);
    const throughProxy: Record<string, unknown> = {};
    for (const [name, instance] of Object.entries({ bare, http })) {
      proxy.requests.length = 0;
      await Promise.all(urls.map((url) => instance?.get(url).catch(() => undefined)));
      throughProxy[name] = proxy.requests.map(({ url }) => url).sort();
    }
    expect(throughProxy.http).toEqual(throughProxy.bare);
  });
});
