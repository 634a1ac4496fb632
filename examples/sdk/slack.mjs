import { WebClient } from '@slack/web-api';
import axios from 'axios';
import { attachPolicy } from 'axios-policy';
import { byStatus } from './by-status.mjs';
import { check, startFake } from './fake.mjs';
import { through } from './through.mjs';

const fake = await startFake(() => ({ body: { ok: true, ts: '1503435956.000247' } }));

// Everything is a POST at Slack; these only read.
const READS = /\.(?:get|list|info|history|replies|test)$/;

const http = axios.create();
const policy = attachPolicy(http, {
  client: { allowHttp: true, timeout: '10s' }, // allowHttp: for the fake
  retry: {
    shouldRetry: byStatus,
    idempotent: (/** @type {{ url?: string }} */ { url = '' }) => READS.test(url),
  },
});
const slack = new WebClient('xoxb-token', {
  adapter: through(http),
  retryConfig: { retries: 0 }, // ten retries in half an hour, also of a message whose answer was lost
  rejectRateLimitedCalls: true, // once the policy has waited for Retry-After, nobody waits again
  slackApiUrl: fake.url, // for the fake
});

fake.fails(503, 'drop');
const list = await slack.conversations.list();
check('a read is sent again after a 503 and after a dropped connection', fake.received.length === 3);
check('and answered', list.ok);

fake.fails({ status: 429, headers: { 'Retry-After': '1' } });
await slack.chat.postMessage({ channel: 'C1', text: 'Hello' });
check('a message that was refused with 429 is sent after Retry-After', fake.hasWaited(1000));

fake.fails('drop');
const error = await slack.chat.postMessage({ channel: 'C1', text: 'Hello' }).catch((reason) => reason);
check('a message is not posted twice when nobody knows what became of it', fake.received.length === 1);
check('and fails with the error of the SDK', error.code === 'slack_webapi_request_error');

await policy.close();
fake.close();
