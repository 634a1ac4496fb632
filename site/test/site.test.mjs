// The site as a reader has it: every page is opened in Chromium, every link followed, and the search asked.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { parseAllDocuments } from 'yaml';
import { serve } from './serve.mjs';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url));
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';
/** A folder for pictures of some pages, if somebody wants to look at them. */
const SHOTS = process.env.SHOTS;

const DESK = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };

const PAGES = readdirSync(DIST, { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.html') && name !== '404.html')
  .sort();

/** What somebody in need types, and a page that has to be among the first answers. */
const SEARCHES = {
  ECONNRESET: 'errors',
  'Retry-After': 'waiting-hints',
  Kubernetes: 'kubernetes',
  Lambda: 'lambda',
  'jest.mock': 'testing',
  SIGTERM: 'operations',
  NO_PROXY: 'proxies-and-redirects',
};

describe('the pages', { skip: !existsSync(CHROMIUM) && 'there is no Chromium' }, () => {
  let site;
  let browser;
  /** By page: the ids of its elements, and where its links lead. */
  const seen = new Map();

  before(async () => {
    site = await serve(DIST);
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS.split(' ') });
  });
  after(async () => {
    await browser?.close();
    site?.close();
  });

  /** Opens a page, and returns what went wrong while it did. */
  async function open(tab, name) {
    const faults = [];
    const onError = (error) => faults.push(`${name}: ${error.message}`);
    const onConsole = (message) => message.type() === 'error' && faults.push(`${name}: ${message.text()}`);
    const onResponse = (response) =>
      response.status() >= 400 && faults.push(`${name}: ${response.status()} ${response.url()}`);
    tab.on('pageerror', onError).on('console', onConsole).on('response', onResponse);
    await tab.goto(`${site.url}/${name}`, { waitUntil: 'load' });
    await tab.waitForSelector('.vp-doc h1');
    tab.off('pageerror', onError).off('console', onConsole).off('response', onResponse);
    return faults;
  }

  it('open, each with a title and its pictures, and nothing fails', async () => {
    assert.ok(PAGES.length > 40, `${PAGES.length} pages`);
    const faults = [];
    const read = async (names) => {
      const tab = await browser.newPage();
      for (const name of names) {
        faults.push(...(await open(tab, name)));
        const page = await tab.evaluate(() => ({
          title:
            document
              .querySelector('.vp-doc h1')
              ?.textContent?.replace(/\u200b/g, '')
              .trim() ?? '',
          ids: [...document.querySelectorAll('[id]')].map(({ id }) => id),
          links: [...document.querySelectorAll('a[href]')].map((link) => link.href),
          blank: [...document.images].filter(({ complete, naturalWidth }) => complete && naturalWidth === 0)
            .length,
        }));
        if (page.title === '') faults.push(`${name}: no title`);
        if (page.blank > 0) faults.push(`${name}: ${page.blank} pictures are missing`);
        await tab.setViewportSize(PHONE);
        const widthOnPhone = await tab.evaluate(() => document.documentElement.scrollWidth);
        await tab.setViewportSize(DESK);
        seen.set(`/${name}`, { ...page, widthOnPhone });
      }
      await tab.close();
    };
    await Promise.all([
      read(PAGES.filter((_name, index) => index % 2 === 0)),
      read(PAGES.filter((_name, index) => index % 2 === 1)),
    ]);
    assert.deepEqual(faults, []);
  });

  it('link to pages and places that there are', () => {
    const broken = [];
    let followed = 0;
    for (const [from, { links }] of seen) {
      for (const link of links) {
        const { origin, pathname, hash } = new URL(link);
        if (origin !== site.url) continue;
        followed += 1;
        if (pathname.startsWith('/files/')) {
          if (!existsSync(`${DIST}${pathname.slice(1)}`)) broken.push(`${from} -> ${pathname}`);
          continue;
        }
        const path = pathname.endsWith('/') ? `${pathname}index.html` : pathname;
        const page = seen.get(path) ?? seen.get(`${path}.html`);
        const place = decodeURIComponent(hash.slice(1));
        if (page === undefined || (place !== '' && !page.ids.includes(place)))
          broken.push(`${from} -> ${pathname}${hash}`);
      }
    }
    assert.ok(followed > 1000, `${followed} links`);
    assert.deepEqual([...new Set(broken)], []);
  });

  it('are all in the sidebar', () => {
    const linked = new Set(seen.get('/guides.html').links.map((link) => new URL(link).pathname));
    const missing = PAGES.filter(
      (name) =>
        !name.startsWith('api/') &&
        !linked.has(`/${name}`) &&
        !linked.has(`/${name.replace(/index\.html$/, '')}`),
    );
    assert.deepEqual(missing, []);
  });

  it('fit on the screen of a phone', () => {
    const wide = [...seen].filter(([, { widthOnPhone }]) => widthOnPhone > PHONE.width).map(([name]) => name);
    assert.deepEqual(wide, []);
  });

  for (const [words, page] of Object.entries(SEARCHES)) {
    it(`are found by a search for ${words}`, async () => {
      const tab = await browser.newPage();
      await open(tab, 'guides.html');
      await tab.click('.DocSearch-Button, .VPNavBarSearchButton, #local-search button');
      await tab.fill('.VPLocalSearchBox input', words);
      await tab.waitForSelector('.VPLocalSearchBox .result');
      const found = await tab.$$eval('.VPLocalSearchBox .result', (results) =>
        results.map(({ href }) => href),
      );
      await tab.close();
      const first = found.slice(0, 10).map((href) => new URL(href).pathname);
      assert.ok(
        first.some((path) => path === `/${page}.html` || path === `/${page}`),
        `${words}: ${first.join(' ')}`,
      );
    });
  }

  it('can be looked at', { skip: SHOTS === undefined && 'SHOTS names no folder' }, async () => {
    mkdirSync(SHOTS, { recursive: true });
    for (const colorScheme of ['light', 'dark']) {
      for (const viewport of [DESK, PHONE]) {
        const tab = await browser.newPage({ colorScheme, viewport });
        for (const name of ['index', 'timeouts', 'operations', 'reference/options', 'nestjs']) {
          await open(tab, `${name}.html`);
          await tab.screenshot({
            path: `${SHOTS}/${name.replace('/', '-')}-${colorScheme}-${viewport.width}.png`,
          });
        }
        await tab.close();
      }
    }
  });
});

describe('the code of the pages', () => {
  it('that is YAML can be read', () => {
    const files = readdirSync(DOCS, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.md'),
    );
    const blocks = files.flatMap((name) => [
      ...readFileSync(`${DOCS}${name}`, 'utf8').matchAll(/^```yaml\n([\s\S]*?)^```$/gm),
    ]);
    assert.ok(blocks.length > 0);
    for (const [, code] of blocks) {
      for (const document of parseAllDocuments(code)) assert.deepEqual(document.errors, []);
    }
  });
});
