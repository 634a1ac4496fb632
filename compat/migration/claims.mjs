// @ts-check
/** What both guides say outside of their tables. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import axios from 'axios';
import { attachPolicy } from 'axios-policy';
import { meet } from './sides.mjs';

/**
 * @param {URL} markdownFileUrl
 * @param {{ name: string, endless: import('./sides.mjs').Attach }} peer `endless`: one that retries without end.
 */
export function holdClaims(markdownFileUrl, { name, endless }) {
  describe('the text', () => {
    it('names the versions that it was tested with', () => {
      const manifest = new URL(`../node_modules/${name}/package.json`, import.meta.url);
      const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
      const text = readFileSync(markdownFileUrl, 'utf8');
      assert.ok(text.includes(`Of ${name} ${version} with axios ${axios.VERSION}.`));
    });

    it('names the defaults', () => {
      const { client, retry } = attachPolicy(axios.create()).config;
      assert.deepEqual(
        [client.timeout, client.connectTimeout, client.poolIdleTimeout],
        [30_000, 5_000, 15_000],
      );
      assert.ok(retry !== false);
      assert.deepEqual([retry.maxRetries, retry.retryTimeout], [10, 180_000]);
    });

    it('names what is not here: retries without end', async () => {
      const { value, requests } = await meet(endless, [503, 503, 503, 503, 503, 200]);
      assert.deepEqual([value.status, requests.length], [200, 6]);
      assert.throws(() => attachPolicy(axios.create(), { retry: { maxRetries: Number.POSITIVE_INFINITY } }), {
        name: 'PolicyConfigError',
      });
    });
  });
}
