// One process with both copies of axios and both copies of the package, as a CommonJS dependency of an ES module has it.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import axios from 'axios';
import * as policy from 'axios-policy';
import scenario from './scenario.cjs';

const require = createRequire(import.meta.url);
const required = { axios: require('axios'), policy: require('axios-policy') };
assert.notEqual(required.axios, axios);
assert.notEqual(required.policy.attachPolicy, policy.attachPolicy);

await scenario(required.axios, policy);
await scenario(axios, required.policy);

// The copies know of each other: no instance gets two policies, and either reads what the other wrote.
const http = axios.create({ adapter: async (config) => ({ status: 200, data: '', headers: {}, config }) });
policy.attachPolicy(http);
assert.throws(() => required.policy.attachPolicy(http), { name: 'PolicyConfigError' });
assert.equal(required.policy.getPolicyMetadata(await http.get('https://example.test/')).attempts, 1);
