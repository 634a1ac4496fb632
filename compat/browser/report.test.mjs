// @ts-check
// The page that `axios-policy simulate --html` writes, in a real browser.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking';
const COMMAND = fileURLToPath(new URL('../../dist/cjs/cli.js', import.meta.url));

/** What a reader looks at the page with. */
const READERS = {
  'a desk, light': { width: 1000, height: 1200, colorScheme: 'light' },
  'a desk, dark': { width: 1000, height: 1200, colorScheme: 'dark' },
  'a phone': { width: 390, height: 844, colorScheme: 'dark' },
};

/** Runs in the page. */
function look() {
  /** @param {Element} element */
  const boxOf = (element) => element.getBoundingClientRect();
  const charts = [...document.querySelectorAll('svg')].map((svg) => {
    const frame = boxOf(svg);
    const texts = [...svg.querySelectorAll('text')].map((text) => ({
      text: text.textContent,
      box: boxOf(text),
    }));
    /** @param {DOMRect} box */
    const isInside = ({ left, right, top, bottom }) =>
      left >= frame.left - 1 &&
      right <= frame.right + 1 &&
      top >= frame.top - 1 &&
      bottom <= frame.bottom + 1;
    return {
      lines: [...svg.querySelectorAll('.line')].map((line) => ({
        colour: getComputedStyle(line).stroke,
        width: boxOf(line).width / frame.width,
        isInside: isInside(boxOf(line)),
      })),
      clipped: texts.filter(({ box }) => !isInside(box)).map(({ text }) => text),
      overlapping: texts
        .filter(({ box }, index) =>
          texts
            .slice(index + 1)
            .some(
              ({ box: other }) =>
                box.left < other.right &&
                other.left < box.right &&
                box.top < other.bottom &&
                other.top < box.bottom,
            ),
        )
        .map(({ text }) => text),
    };
  });
  const { scrollWidth, clientWidth } = document.documentElement;
  return {
    charts,
    heading: document.querySelector('h1')?.textContent,
    rows: [...document.querySelectorAll('tbody tr')].map((row) => row.querySelector('td')?.textContent),
    keys: [...document.querySelectorAll('figcaption')].map((caption) => caption.textContent),
    background: getComputedStyle(document.body).backgroundColor,
    isWider: scrollWidth > clientWidth,
  };
}

if (existsSync(CHROMIUM)) {
  describe('The page of a simulation', () => {
    const folder = mkdtempSync(join(tmpdir(), 'axios-policy-report-'));
    const file = join(folder, 'report.html');
    /** @type {import('playwright-core').Browser} */
    let browser;

    before(async () => {
      const load = '--clients 30 --rps 60 --capacity 80 --trouble brown-out:50%:20s'.split(' ');
      const running = promisify(execFile)(process.execPath, [
        COMMAND,
        'simulate',
        ...load,
        '--html',
        file,
        '-',
      ]);
      running.child.stdin?.end('{ "retry": { "budget": false } }');
      await running;
      browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS.split(' ') });
    });

    after(async () => {
      await browser?.close();
      rmSync(folder, { recursive: true });
    });

    /** @param {keyof typeof READERS} reader */
    async function open(reader) {
      const { width, height, colorScheme } = READERS[reader];
      const scheme = /** @type {'light' | 'dark'} */ (colorScheme);
      const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme });
      /** @type {string[]} */
      const complaints = [];
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => complaints.push(message.text()));
      page.on('request', (request) => complaints.push(request.url()));
      const url = pathToFileURL(file).href;
      await page.goto(url);
      const seen = await page.evaluate(look);
      if (process.env.SCREENSHOTS) {
        const name = `report-${reader.replace(/\W+/g, '-')}.png`;
        await page.screenshot({ path: join(process.env.SCREENSHOTS, name), fullPage: true });
      }
      await page.close();
      assert.deepEqual(complaints, [url]);
      return seen;
    }

    for (const reader of /** @type {(keyof typeof READERS)[]} */ (Object.keys(READERS))) {
      it(`shows two charts and a table, and loads nothing, at ${reader}`, async () => {
        const { charts, heading, rows, keys, isWider } = await open(reader);

        assert.equal(heading, 'What this configuration does to a server in trouble');
        assert.deepEqual(rows, ['this configuration', 'the defaults', 'no retries']);
        assert.deepEqual(keys, Array(2).fill('this configurationthe defaultsno retries'));
        assert.equal(charts.length, 2);
        for (const { lines, clipped, overlapping } of charts) {
          assert.equal(new Set(lines.map(({ colour }) => colour)).size, 3);
          assert.ok(lines.every(({ isInside, width }) => isInside && width > 0.8));
          assert.deepEqual({ clipped, overlapping }, { clipped: [], overlapping: [] });
        }
        assert.equal(isWider, false);
      });
    }

    it('is light or dark as the reader has it', async () => {
      const [light, dark] = [await open('a desk, light'), await open('a desk, dark')];

      assert.equal(light.background, 'rgb(255, 255, 255)');
      assert.equal(dark.background, 'rgb(13, 17, 23)');
    });
  });
}
