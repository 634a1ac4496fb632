// One process with both copies of axios and the package in both formats, as a CommonJS dependency of an ES module has it.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import axios from 'axios';
import * as policy from 'axios-policy';
import scenario from './scenario.cjs';

const require = createRequire(import.meta.url);
const required = { axios: require('axios'), policy: require('axios-policy') };
assert.notEqual(required.axios, axios);
assert.equal(required.policy.attachPolicy, policy.attachPolicy, 'there are two copies of the package');

await scenario(required.axios, policy);
await scenario(axios, required.policy);

// No instance gets two policies, and either format reads what the other wrote.
const http = axios.create({ adapter: async (config) => ({ status: 200, data: '', headers: {}, config }) });
policy.attachPolicy(http);
assert.throws(() => required.policy.attachPolicy(http), { name: 'PolicyConfigError' });
assert.equal(required.policy.getPolicyMetadata(await http.get('https://example.test/')).attempts, 1);
