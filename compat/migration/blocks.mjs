// @ts-check
/** Runs the code of a document as it stands, against a server of its own. */
import assert from 'node:assert/strict';
import { Agent } from 'node:https';
import { describe, it } from 'node:test';
import axios from 'axios';
import * as library from 'axios-policy';
import servers from '../../__tests__/helpers/servers.cjs';
import { blocksOf } from '../support/doc-blocks.mjs';

const { ca, handler, Origin } = servers;
const BASE_URL = 'https://api.example.com';

/**
 * What a block may take for granted: the imports and the instance of the first ones.
 *
 * @param {string} code
 */
function complete(code) {
  const prelude = [
    /\baxios from/.test(code) ? '' : "import axios from 'axios';",
    /\battachPolicy\b.*from/.test(code) ? '' : "import { attachPolicy } from 'axios-policy';",
    /const http =/.test(code) ? '' : `const http = axios.create({ baseURL: '${BASE_URL}' });`,
  ];
  return `${prelude.join('\n')}\n${code}`;
}

/**
 * Imports of a module as the declarations they amount to.
 *
 * @param {string} code
 */
function withoutImports(code) {
  return code
    .replace(/^import \* as (\w+) from '(.+)';$/gm, "const $1 = modules['$2'];")
    .replace(/^import (\w+) from '(.+)';$/gm, "const $1 = modules['$2'].default;")
    .replace(/^import \{(.+)\} from '(.+)';$/gm, (_all, names, name) => {
      return `const {${names.replaceAll(' as ', ': ')}} = modules['${name}'];`;
    });
}

/**
 * What the comments behind `console.log` say that it prints.
 *
 * @param {string} code
 */
export function printed(code) {
  return [...code.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map(([, text]) => text);
}

async function startExample() {
  /** @type {Map<string, { bodies: string[], authorizations: (string | undefined)[], lastMs: number }>} */
  const seen = new Map();
  const answer = handler((req, res, recorded) => {
    const url = req.url ?? '';
    const known = seen.get(url) ?? { bodies: [], authorizations: [], lastMs: performance.now() };
    seen.set(url, known);
    known.bodies.push(recorded.body.toString());
    known.authorizations.push(req.headers.authorization);
    const sinceLastMs = performance.now() - known.lastMs;
    known.lastMs = performance.now();
    const isFlaky = url === '/flaky' && known.bodies.length === 1;
    res.writeHead(isFlaky ? 503 : 200, { 'Content-Type': 'application/json' });
    const body = url === '/busy' ? { error: 'slow down' } : { name: url.slice(1), sinceLastMs, ...known };
    res.end(JSON.stringify(body));
  });
  return new Origin({ tls: true }).always(answer).start();
}

/**
 * @param {string} code
 * @param {Readonly<Record<string, unknown>>} peers
 * @returns {Promise<string[]>} What it printed.
 */
async function run(code, peers) {
  const example = await startExample();
  /** @type {library.Policy[]} */
  const policies = [];
  /** @type {typeof library.attachPolicy} */
  const attachPolicy = (...args) => {
    const policy = library.attachPolicy(...args);
    policies.push(policy);
    return policy;
  };
  const modules = {
    axios: { default: axios },
    'axios-policy': { ...library, attachPolicy },
    'node:stream': await import('node:stream'),
    'node:timers/promises': await import('node:timers/promises'),
    ...peers,
  };
  /** @type {string[]} */
  const lines = [];
  const log = (/** @type {unknown[]} */ ...values) => lines.push(values.join(' '));
  const source = withoutImports(complete(code)).replaceAll(BASE_URL, example.url);
  const body = `return (async () => {${source}\n})()`;
  axios.defaults.httpsAgent = new Agent({ ca });
  try {
    await new Function('modules', 'console', body)(modules, { log, error: log, warn: log });
  } finally {
    delete axios.defaults.httpsAgent;
    await Promise.all(policies.map((policy) => policy.close()));
    await example.close();
  }
  return lines;
}

/**
 * Runs every `js` block of a document: each prints what its comments say, and the first two print the same.
 *
 * @param {URL} markdownFileUrl
 * @param {Readonly<Record<string, unknown>>} peers Modules that blocks import, by name.
 */
export function holdBlocks(markdownFileUrl, peers) {
  const blocks = blocksOf(markdownFileUrl);
  describe('the code', () => {
    it('is all of it run', () => {
      assert.deepEqual(new Set(blocks.map(({ language }) => language)), new Set(['js']));
    });
    it('prints the same before and after', () => {
      const [before, after] = blocks;
      assert.deepEqual(printed(before?.code ?? ''), printed(after?.code ?? ''));
    });
    for (const { code, line, heading } of blocks) {
      it(`line ${line}: prints what it says (${heading})`, async () => {
        const expected = printed(code);
        assert.notEqual(expected.length, 0);
        assert.deepEqual(await run(code, peers), expected);
      });
    }
  });
}
