// @ts-check
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { startOrigin } from '../support/origin.mjs';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';
const HERE = fileURLToPath(new URL('.', import.meta.url));
const MAY_NOT_BE_LOADED = /node_modules\/(?:agentkeepalive|https-proxy-agent|agent-base|follow-redirects)\//;

/** axios and the package, as an application has them in either format. */
const APPLICATIONS = {
  esm: "export { default as axios } from 'axios'; export * from 'axios-policy';",
  cjs: "module.exports = { ...require('axios-policy'), axios: require('axios') };",
};

/** @param {keyof typeof APPLICATIONS} [format] */
async function bundle(format = 'esm') {
  const { metafile, outputFiles, warnings } = await build({
    stdin: { contents: APPLICATIONS[format], resolveDir: HERE },
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'page',
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  return { inputs: metafile.inputs, text: outputFiles?.[0]?.text ?? '', warnings };
}

describe('The bundle of axios and the package for a browser', () => {
  for (const format of /** @type {const} */ (['esm', 'cjs'])) {
    it(`has no module of Node in it (${format})`, async () => {
      const { inputs } = await bundle(format);
      const imports = Object.values(inputs).flatMap((input) => input.imports.map(({ path }) => path));
      assert.ok(Object.keys(inputs).some((path) => path.endsWith(`dist/${format}/index.browser.js`)));
      assert.deepEqual(
        imports.filter((path) => path.startsWith('node:') || builtinModules.includes(path)),
        [],
      );
    });

    it(`has no agent, no proxy and no redirect follower in it (${format})`, async () => {
      const loaded = Object.keys((await bundle(format)).inputs);
      assert.deepEqual(
        loaded.filter((path) => MAY_NOT_BE_LOADED.test(path)),
        [],
      );
      const code = loaded
        .filter((path) => path.includes(`dist/${format}/`))
        .map((path) => readFileSync(resolve(path), 'utf8'))
        .join('');
      // By texts: names of classes are shortened in the module.
      assert.match(code, /\bERR_POLICY_HTTP_NOT_ALLOWED\b/);
      assert.doesNotMatch(code, /\b(?:keepSocketAlive|createSocket|ALPNProtocols|agentkeepalive)\b/);
    });
  }

  it('makes esbuild warn of nothing', async () => {
    assert.deepEqual((await bundle()).warnings, []);
  });
});

/**
 * What the page is asked to do, as text, because it runs there. Each has `page` (the bundle) and `url` (the server).
 * @type {Record<string, (page: any, url: string, adapter: string) => Promise<unknown>>}
 */
const IN_THE_PAGE = {
  retries: async (page, url, adapter) => {
    const http = page.axios.create({ baseURL: url, adapter });
    const policy = page.attachPolicy(http, {
      client: { allowHttp: true },
      retry: { backoff: { initBackoff: 5 } },
    });
    const response = await http.put('/flaky', { a: 1 });
    const { attempts, retries, outcomes, startedAt } = page.getPolicyMetadata(response);
    await policy.close();
    const { pools, http2, attempts: counted } = policy.stats();
    const isDate = Object.prototype.toString.call(startedAt) === '[object Date]';
    return {
      status: response.status,
      data: response.data,
      attempts,
      retries,
      outcomes,
      isDate,
      pools,
      http2,
      counted,
    };
  },
  deadline: async (page, url, adapter) => {
    const http = page.axios.create({ baseURL: url, adapter });
    const policy = page.attachPolicy(http, { client: { allowHttp: true, timeout: 300 }, retry: false });
    const error = await http.get('/drip').catch((/** @type {unknown} */ failure) => failure);
    await policy.close();
    const { code, message } = error;
    return {
      code,
      message,
      kinds: page.getPolicyMetadata(error).outcomes.map((/** @type {any} */ o) => o.kind),
    };
  },
  abort: async (page, url, adapter) => {
    const http = page.axios.create({ baseURL: url, adapter });
    const controller = new AbortController();
    const policy = page.attachPolicy(http, {
      client: { allowHttp: true },
      retry: {
        backoff: { initBackoff: '1min', maxBackoff: '1min' },
        onRetry: () => void setTimeout(() => controller.abort()),
      },
    });
    const error = await http
      .get('/down', { signal: controller.signal })
      .catch((/** @type {unknown} */ e) => e);
    await policy.close();
    return { isCancel: page.axios.isCancel(error), giveUp: page.getPolicyMetadata(error).giveUp };
  },
  stream: async (page, url) => {
    const http = page.axios.create({ baseURL: url, adapter: 'fetch' });
    const policy = page.attachPolicy(http, { client: { allowHttp: true, timeout: 300 }, retry: false });
    try {
      const { data } = await http.get('/drip', { responseType: 'stream' });
      const reader = data.getReader();
      while (!(await reader.read()).done);
    } catch (error) {
      await policy.close();
      const { code, message } = /** @type {import('axios').AxiosError} */ (error);
      return { code, message };
    }
    return undefined;
  },
  refusal: async (page) => {
    try {
      page.attachPolicy(page.axios.create(), {
        client: { connectTimeout: '2s', proxyUrl: 'http://u:p@a.test' },
      });
    } catch (error) {
      return { isConfigError: error instanceof page.PolicyConfigError, problems: error.problems };
    }
    return undefined;
  },
  plainHttp: async (page) => {
    const http = page.axios.create();
    const policy = page.attachPolicy(http);
    const error = await http.get('/relative').catch((/** @type {unknown} */ failure) => failure);
    await policy.close();
    return { code: error.code, message: error.message };
  },
  givesUp: async (page, url) => {
    const http = page.axios.create({ baseURL: url });
    const policy = page.attachPolicy(http, {
      client: { allowHttp: true },
      retry: { maxRetries: 1, idempotencyKey: true, backoff: { initBackoff: 5 } },
    });
    const error = await http.post('/down', { a: 1 }).catch((/** @type {unknown} */ failure) => failure);
    await policy.close();
    return page.describeFailure(error);
  },
};

/** @returns {Promise<import('../support/origin.mjs').Origin>} */
function startServer() {
  /** @type {Map<string | undefined, number>} */
  const seen = new Map();
  return startOrigin((req, res) => {
    res.setHeader('Access-Control-Allow-Origin', '*');
    res.setHeader('Access-Control-Allow-Methods', '*');
    res.setHeader('Access-Control-Allow-Headers', '*');
    if (req.method === 'OPTIONS') return res.writeHead(204).end();
    const times = (seen.get(req.url) ?? 0) + 1;
    seen.set(req.url, times);
    switch (req.url) {
      case '/':
        return res.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>page</title>');
      case '/flaky':
        return res.writeHead(times % 3 === 0 ? 200 : 503).end('ok');
      case '/down':
        return res.writeHead(503).end('not now');
      case '/drip': {
        res.writeHead(200).write('x');
        const timer = setInterval(() => res.write('x'), 20);
        return res.on('close', () => clearInterval(timer));
      }
      default:
        return res.writeHead(404).end();
    }
  });
}

if (existsSync(CHROMIUM)) {
  describe('In Chromium', () => {
    /** @type {import('playwright-core').Browser} */
    let browser;
    /** @type {import('playwright-core').Page} */
    let page;
    /** @type {import('../support/origin.mjs').Origin} */
    let pages;
    /** @type {import('../support/origin.mjs').Origin} */
    let server;
    /** @type {string[]} */
    const complaints = [];

    before(async () => {
      // Two servers, so that the page's requests go to another origin.
      [pages, server] = await Promise.all([startServer(), startServer()]);
      browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS.split(' ') });
      page = await browser.newPage();
      page.on('pageerror', (error) => complaints.push(String(error)));
      await page.goto(`${pages.url}/`);
      await page.addScriptTag({ content: (await bundle()).text });
    });

    after(async () => {
      await browser?.close();
      await Promise.all([pages?.close(), server?.close()]);
    });

    /** @param {string} name @param {string} [adapter] @returns {Promise<any>} */
    const run = (name, adapter = 'xhr') =>
      page.evaluate(
        `(${IN_THE_PAGE[name]})(page, ${JSON.stringify(server.url)}, ${JSON.stringify(adapter)})`,
      );

    for (const adapter of ['xhr', 'fetch']) {
      it(`a request is tried again through ${adapter}, and tells of it`, async () => {
        const before = server.requests.length;
        const { data, outcomes, ...rest } = await run('retries', adapter);
        assert.equal(data, 'ok');
        assert.deepEqual(rest, {
          status: 200,
          attempts: 3,
          retries: 2,
          isDate: true,
          pools: [],
          http2: [],
          counted: 3,
        });
        assert.deepEqual(
          outcomes.map((/** @type {any} */ outcome) => [outcome.kind, outcome.status]),
          [
            ['status', 503],
            ['status', 503],
          ],
        );
        const sent = server.requests.slice(before).filter(({ method }) => method === 'PUT');
        assert.deepEqual(
          sent.map(({ body }) => body),
          ['{"a":1}', '{"a":1}', '{"a":1}'],
        );
      });

      it(`a body that drips is bounded through ${adapter}`, async () => {
        assert.deepEqual(await run('deadline', adapter), {
          code: 'ECONNABORTED',
          message: 'timeout of 300ms exceeded',
          kinds: ['timeout'],
        });
      });

      it(`an abort ends the delay through ${adapter}`, async () => {
        const before = server.requests.length;
        assert.deepEqual(await run('abort', adapter), { isCancel: true, giveUp: 'cancelled' });
        assert.equal(server.requests.slice(before).filter(({ method }) => method === 'GET').length, 1);
      });
    }

    it('a body that is streamed is bounded', async () => {
      assert.deepEqual(await run('stream'), { code: 'ECONNABORTED', message: 'timeout of 300ms exceeded' });
    });

    it('fields about connections are refused, by name', async () => {
      const { isConfigError, problems } = await run('refusal');
      assert.equal(isConfigError, true);
      assert.deepEqual(problems, [
        {
          path: 'client.connectTimeout',
          expected: 'no value (not available in a browser)',
          received: "'2s'",
        },
        {
          path: 'client.proxyUrl',
          expected: 'no value (not available in a browser)',
          received: 'a string (not shown)',
        },
      ]);
    });

    it('a relative URL of a page over http:// is refused without allowHttp', async () => {
      const { code, message } = await run('plainHttp');
      assert.equal(code, 'ERR_POLICY_HTTP_NOT_ALLOWED');
      assert.ok(message.includes(new URL(pages.url).host), message);
      assert.ok(!pages.requests.some(({ url }) => url === '/relative'));
    });

    it('a request that is given up is described in a line', async () => {
      const before = server.requests.length;
      assert.match(await run('givesUp'), /^POST http:.*\/down failed after 1 retry .*: 503/);
      const keys = server.requests
        .slice(before)
        .filter(({ method }) => method === 'POST')
        .map(({ headers }) => headers['idempotency-key']);
      assert.equal(keys.length, 2);
      assert.match(String(keys[0]), /^[\da-f-]{36}$/);
      assert.equal(keys[0], keys[1]);
    });

    it('nothing failed unseen', () => {
      assert.deepEqual(complaints, []);
    });
  });
} else {
  describe(`Without Chromium (there is no ${CHROMIUM}), where nothing of Node is at hand`, () => {
    let server = /** @type {import('../support/origin.mjs').Origin} */ (/** @type {unknown} */ (undefined));
    before(async () => {
      server = await startServer();
    });
    after(() => server.close());

    /** @param {string} name @returns {Promise<any>} */
    async function run(name) {
      const web = {
        AbortController,
        AbortSignal,
        Blob,
        FormData,
        Headers,
        ReadableStream,
        Request,
        Response,
      };
      const more = { TextEncoder, URL, URLSearchParams, fetch, performance, queueMicrotask, console };
      const timers = { setTimeout, clearTimeout, setInterval, clearInterval };
      const context = createContext({ ...web, ...more, ...timers, crypto: globalThis.crypto, btoa, atob });
      runInContext((await bundle()).text, context);
      const script = `(${IN_THE_PAGE[name]})(page, ${JSON.stringify(server.url)}, 'fetch')`;
      return runInContext(script, context);
    }

    it('the bundle retries', async () => {
      const { attempts, data } = await run('retries');
      assert.deepEqual({ attempts, data }, { attempts: 3, data: 'ok' });
    });

    it('the bundle bounds a body that drips', async () => {
      assert.equal((await run('deadline')).code, 'ECONNABORTED');
    });

    it('the bundle refuses fields about connections', async () => {
      assert.equal((await run('refusal')).isConfigError, true);
    });
  });
}
