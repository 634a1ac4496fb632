import axios = require('axios');
import policies = require('axios-policy');

const policy: policies.Policy = policies.attachPolicy(axios.create(), { retry: { maxRetries: 3 } });
void policy.close();
// @ts-expect-error: no option of the retries
void policies.attachPolicy(axios.create(), { retry: { maxRetry: 3 } });
