import axios from 'axios';
import { attachPolicy } from 'axios-policy';
import { createClient } from 'contentful';
import { check, startFake } from './fake.mjs';
import { through } from './through.mjs';

const fake = await startFake(() => ({
  body: {
    sys: { type: 'Array' },
    total: 1,
    items: [{ sys: { type: 'Entry', id: 'nyancat' }, fields: { name: 'Nyan Cat' } }],
  },
}));

const http = axios.create();
// 429 tells the wait in a field of its own. An interceptor that is there before the policy sees every attempt.
http.interceptors.response.use(undefined, (error) => {
  const headers = error.response?.headers;
  const reset = headers?.['x-contentful-ratelimit-reset'];
  if (reset !== undefined) headers['retry-after'] ??= reset;
  throw error;
});
const policy = attachPolicy(http, {
  client: { allowHttp: true }, // for the fake
});
const client = createClient({
  space: 'space',
  accessToken: 'token',
  adapter: through(http),
  retryOnError: false, // its retries, around those of the policy
  timeout: 10_000, // of one attempt; its own default of 30 s wins over the policy's as well
  host: `${fake.host}:${fake.port}`, // for the fake
  insecure: true, // for the fake
});

fake.fails(503, 'drop');
const entries = await client.getEntries();
check('a read is sent again after a 503 and after a dropped connection', fake.received.length === 3);
check('and answered', entries.items[0]?.sys.id === 'nyancat');

fake.fails({ status: 429, headers: { 'X-Contentful-RateLimit-Reset': '1' } });
await client.getEntries();
check('a read that was refused with 429 is sent when the service says', fake.hasWaited(1000));

fake.fails(404);
const missing = await client.getEntry('none').catch((reason) => reason);
check(
  'a 404 is the error of the SDK, at once',
  missing.name === '404 Not Found' && fake.received.length === 1,
);

await policy.close();
fake.close();
