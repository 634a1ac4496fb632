// @ts-check
import { describe } from 'node:test';
import { holdBlocks } from './blocks.mjs';
import { holdClaims } from './claims.mjs';
import { codeTests } from './retry-axios/code.mjs';
import { optionTests } from './retry-axios/options.mjs';
import { peerWith, rax } from './retry-axios/peer.mjs';
import { situationTests } from './retry-axios/situations.mjs';
import { holdRows } from './rows.mjs';

const DOCUMENT = new URL('../../docs/migrating-from-retry-axios.md', import.meta.url);

describe('the guide from retry-axios', () => {
  holdRows(DOCUMENT, { ...optionTests, ...codeTests, ...situationTests });
  holdBlocks(DOCUMENT, { 'retry-axios': rax });
  holdClaims(DOCUMENT, { name: 'retry-axios', endless: peerWith({ retry: Number.POSITIVE_INFINITY }) });
});
