import axios from 'axios';
import { attachPolicy } from 'axios-policy';
import { Client } from 'typesense';
import { byStatus } from './by-status.mjs';
import { check, startFake } from './fake.mjs';
import { through } from './through.mjs';

const fake = await startFake(({ method }) =>
  method === 'POST'
    ? { status: 201, body: { id: '7', name: 'Tea' } }
    : { body: { found: 1, hits: [{ document: { id: '7', name: 'Tea' } }] } },
);

const http = axios.create();
const policy = attachPolicy(http, {
  client: { allowHttp: true }, // for the fake
  retry: { shouldRetry: byStatus },
});
const client = new Client({
  nodes: [{ protocol: 'http', host: fake.host, port: fake.port }],
  apiKey: 'key',
  axiosAdapter: through(http),
  // Its own retries send everything again, also a create whose answer was lost.
  numRetries: 0,
  // Of one attempt, until its body has ended, whatever the name says; it wins over the policy's timeout.
  connectionTimeoutSeconds: 5,
});

fake.fails(503, 'drop');
const found = await client.collections('goods').documents().search({ q: 'tea', query_by: 'name' });
check('a search is sent again after a 503 and after a dropped connection', fake.received.length === 3);
check('and answered', found.found === 1);

fake.fails(503);
await client.collections('goods').documents().create({ name: 'Tea' });
check('a document that was refused with 503 is sent again', fake.received.length === 2);

fake.fails('drop');
const error = await client
  .collections('goods')
  .documents()
  .create({ name: 'Tea' })
  .catch((reason) => reason);
check('a document is not created twice when its answer is lost', fake.received.length === 1);
check('and fails as it would without a policy', error.code === 'ECONNRESET');

fake.fails(404);
const missing = await client
  .collections('none')
  .retrieve()
  .catch((reason) => reason);
check(
  'a 404 is the error of the SDK, at once',
  missing.name === 'ObjectNotFound' && fake.received.length === 1,
);

await policy.close();
fake.close();
