// @ts-check
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { blocksOf } from '../support/doc-blocks.mjs';
import { runBlock } from '../support/run-block.mjs';
import { CA_FILE, startSecureOrigin } from '../support/secure-origin.mjs';

const DOCUMENT = new URL('../../docs/neighbours.md', import.meta.url);
const BLOCKS = blocksOf(DOCUMENT);
const DOCUMENTED_ORIGIN = 'https://api.example.com';

/**
 * What a block prints, by the comments behind its console.log().
 *
 * @param {string} code
 */
function printedBy(code) {
  return [...code.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map(([, line]) => `${line}\n`).join('');
}

/** The server that the document speaks of: fails once, sets a cookie, gives out tokens. */
function createAnswer() {
  let failures = 1;
  /** @type {import('node:http').RequestListener} */
  const answer = (req, res) => {
    req.resume();
    res.setHeader('Content-Type', 'application/json');
    if (req.url === '/token') {
      res.end('{"token":"new"}');
    } else if (req.url === '/protected' && req.headers.authorization !== 'Bearer new') {
      res.writeHead(401).end();
    } else {
      if (req.url === '/login') res.setHeader('Set-Cookie', 'session=1; Secure; HttpOnly');
      failures -= 1;
      res.statusCode = failures < 0 ? 200 : 503;
      res.end(JSON.stringify({ cookie: req.headers.cookie }));
    }
  };
  return answer;
}

describe('docs/neighbours.md', () => {
  test('has a section for every package that its table links to', () => {
    const text = readFileSync(DOCUMENT, 'utf8');
    const anchors = [...text.matchAll(/\]\(#([\w-]+)\)/g)].map(([, anchor]) => anchor);
    const sections = [...text.matchAll(/^## (.*)$/gm)].map(([, title]) =>
      title?.toLowerCase().replaceAll(' ', '-'),
    );
    assert.deepEqual(anchors, sections);
  });

  test('has blocks of JavaScript, and nothing else', () => {
    assert.deepEqual(new Set(BLOCKS.map(({ language }) => language)), new Set(['js']));
  });

  for (const { heading, code, line } of BLOCKS) {
    test(`runs and prints what it says: ${heading}, line ${line}`, async (t) => {
      const origin = await startSecureOrigin(createAnswer());
      t.after(origin.close);
      const env = { NODE_EXTRA_CA_CERTS: CA_FILE };
      const printed = await runBlock(code.replaceAll(DOCUMENTED_ORIGIN, origin.url), { env });
      assert.equal(printed, printedBy(code));
    });
  }
});
