// @ts-check
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import axios from 'axios';
import { attachPolicy } from 'axios-policy';
import { codeTests } from './axios-retry/code.mjs';
import { optionTests } from './axios-retry/options.mjs';
import { axiosRetryModule, DEFAULT_OPTIONS, peerWith } from './axios-retry/peer.mjs';
import { situationTests } from './axios-retry/situations.mjs';
import { holdBlocks } from './blocks.mjs';
import { holdClaims } from './claims.mjs';
import { holdRows } from './rows.mjs';

const DOCUMENT = new URL('../../docs/migrating-from-axios-retry.md', import.meta.url);

describe('the guide from axios-retry', () => {
  holdRows(DOCUMENT, { ...optionTests, ...codeTests, ...situationTests });
  holdBlocks(DOCUMENT, { 'axios-retry': axiosRetryModule });
  holdClaims(DOCUMENT, { name: 'axios-retry', endless: peerWith({ retries: Number.POSITIVE_INFINITY }) });

  it('says that the old names are refused, most with the new one in the message', () => {
    const { onRetry, ...retry } = DEFAULT_OPTIONS;
    const refused = () => attachPolicy(axios.create(), { retry: /** @type {object} */ (retry) });
    assert.throws(refused, ({ message }) => {
      for (const name of Object.keys(retry)) assert.match(message, new RegExp(`retry\\.${name}: `));
      return message.match(/did you mean retry\.|client\.timeout is per attempt already/g).length >= 5;
    });
  });
});
