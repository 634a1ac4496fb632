import { attachPolicy } from 'axios-policy';
import twilio from 'twilio';
import { byStatus } from './by-status.mjs';
import { check, startFake } from './fake.mjs';

const SID = `AC${'0'.repeat(32)}`;
const CALL = `CA${'0'.repeat(32)}`;
const MESSAGE = `SM${'0'.repeat(32)}`;
const fake = await startFake(({ method, url }) => ({
  status: method === 'POST' ? 201 : 200,
  body: url.endsWith('/Payments.json') ? { call_sid: CALL } : { sid: MESSAGE, status: 'queued' },
}));

// The SDK gives every request its own timeout, which wins over the policy's: it is said here. autoRetry stays off.
const requests = new twilio.RequestClient({ timeout: 10_000 });
const policy = attachPolicy(requests.axios, {
  client: { allowHttp: true }, // for the fake
  retry: {
    // The SDK accepts every status and makes its own errors.
    shouldRetry: byStatus,
    // Payments and a few others take a key among their parameters.
    idempotent: (/** @type {{ method?: string, data?: string }} */ { method, data }) =>
      method !== 'post' || new URLSearchParams(data).has('IdempotencyKey'),
  },
});
const client = twilio(SID, 'token', { httpClient: requests });
client.api.baseUrl = fake.url; // for the fake

fake.fails(503, 'drop');
const message = await client.messages(MESSAGE).fetch();
check('a message is fetched again after a 503 and after a dropped connection', fake.received.length === 3);
check('and answered', message.status === 'queued');

fake.fails({ status: 429, headers: { 'Retry-After': '1' } });
await client.messages.create({ to: '+15005550006', from: '+15005550001', body: 'Hello' });
check('a message that was refused with 429 is sent after Retry-After', fake.hasWaited(1000));

fake.fails('drop');
const error = await client.messages
  .create({ to: '+15005550006', from: '+15005550001', body: 'Hello' })
  .catch((reason) => reason);
check('a message is not sent twice when nobody knows what became of it', fake.received.length === 1);
check('and fails as it would without a policy', error.code === 'ECONNRESET');

fake.fails('drop');
await client.calls(CALL).payments.create({
  idempotencyKey: crypto.randomUUID(),
  statusCallback: 'https://example.com/payment',
  bankAccountType: 'consumer-checking',
});
const [first, second] = fake.received;
check('a payment is sent again, with the same key', first?.body === second?.body);

fake.fails(404);
const missing = await client
  .messages(MESSAGE)
  .fetch()
  .catch((reason) => reason);
check('a 404 is the error of the SDK, at once', missing.status === 404 && fake.received.length === 1);

await policy.close();
fake.close();
