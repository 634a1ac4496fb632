import { attachPolicy } from 'axios-policy';
import { BaseService, NoAuthAuthenticator } from 'ibm-cloud-sdk-core';
import { check, startFake } from './fake.mjs';

const fake = await startFake(({ method }) =>
  method === 'POST' ? { status: 201, body: { id: '7' } } : { body: { resources: [] } },
);

// As the services of IBM Cloud are made.
class Things extends BaseService {
  list() {
    return this.createRequest({
      options: { method: 'GET', url: '/v1/things' },
      defaultOptions: this.baseOptions,
    });
  }

  /** @param {{ name: string, headers?: Record<string, string> }} params */
  create({ name, headers }) {
    return this.createRequest({
      options: { method: 'POST', url: '/v1/things', body: { name } },
      defaultOptions: { ...this.baseOptions, headers },
    });
  }
}

const things = new Things({ authenticator: new NoAuthAuthenticator(), serviceUrl: fake.url });
things.disableRetries(); // an option, or the environment, may have switched them on

// The SDK brings a copy of axios of its own, in a version of its own. Whose copy it is does not matter.
const policy = attachPolicy(things.getHttpClient(), {
  client: { allowHttp: true, timeout: '30s' }, // allowHttp: for the fake
});

fake.fails(503, 'drop');
const { result } = await things.list();
check('a read is sent again after a 503 and after a dropped connection', fake.received.length === 3);
check('and answered', Array.isArray(result.resources));

fake.fails('drop');
const error = await things.create({ name: 'Tea' }).catch((reason) => reason);
check('a POST is not sent again when nobody knows what became of it', fake.received.length === 1);
check('and fails with the error of the SDK', error.statusText === 'ECONNRESET');

// Of a service that knows the field.
fake.fails('drop');
await things.create({ name: 'Tea', headers: { 'Idempotency-Key': crypto.randomUUID() } });
const [first, second] = fake.received.map(({ headers }) => headers['idempotency-key']);
check('a POST with a key is sent again, with the same key', first !== undefined && first === second);

fake.fails(404);
const missing = await things.list().catch((reason) => reason);
check('a 404 is the error of the SDK, at once', missing.status === 404 && fake.received.length === 1);

await policy.close();
fake.close();
