// What needs the types of Node.
import { readFileSync } from 'node:fs';
import axios from 'axios';
import { attachPolicy } from 'axios-policy';

const policy = attachPolicy(axios.create(), {
  client: { tls: { ca: readFileSync('ca.pem'), minVersion: 'TLSv1.3' } },
});
export const disposed: PromiseLike<void> = policy[Symbol.asyncDispose]();
// @ts-expect-error: no version of TLS
attachPolicy(axios, { client: { tls: { minVersion: 'TLSv9' } } });
