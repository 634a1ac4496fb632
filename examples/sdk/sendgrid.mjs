import { createRequire } from 'node:module';
import sendgrid from '@sendgrid/client';
import { attachPolicy } from 'axios-policy';
import { check, startFake } from './fake.mjs';

const fake = await startFake(({ method }) =>
  method === 'POST' ? { status: 202 } : { body: { result: [] } },
);

// The SDK calls axios itself, not an instance of its own: the copy that it gets from require('axios'), which is another
// one than what `import axios from 'axios'` gives an ES module. With @sendgrid/mail it is the same one.
const require = createRequire(import.meta.url);
const axios = createRequire(require.resolve('@sendgrid/client'))('axios');
const policy = attachPolicy(axios, {
  client: { allowHttp: true, timeout: '10s' }, // allowHttp: for the fake
});
sendgrid.setApiKey('SG.key');
sendgrid.setDefaultRequest('baseUrl', fake.url); // for the fake

fake.fails(503, 'drop');
const [response] = await sendgrid.request({ method: 'GET', url: '/v3/templates' });
check('a read is sent again after a 503 and after a dropped connection', fake.received.length === 3);
check('and answered', response.statusCode === 200);

const mail = /** @type {const} */ ({
  method: 'POST',
  url: '/v3/mail/send',
  body: {
    personalizations: [{ to: [{ email: 'a@example.com' }] }],
    from: { email: 'b@example.com' },
    subject: 'Hello',
    content: [{ type: 'text/plain', value: 'Hello' }],
  },
});
fake.fails(503);
const [sent] = await sendgrid.request(mail);
check(
  'a mail that was refused with 503 is sent again',
  fake.received.length === 2 && sent.statusCode === 202,
);

// There is no key by which the service could tell that it has this mail already.
fake.fails('drop');
const error = await sendgrid.request(mail).catch((reason) => reason);
check('a mail is not sent twice when nobody knows what became of it', fake.received.length === 1);
check('and fails as it would without a policy', error.code === 'ECONNRESET');

fake.fails(401);
const refused = await sendgrid.request(mail).catch((reason) => reason);
check('a 401 is the error of the SDK, at once', refused.code === 401 && fake.received.length === 1);

await policy.close();
fake.close();
