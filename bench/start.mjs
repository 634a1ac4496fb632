// How long it takes until a process has a policy and has sent its first request, beside what loading axios takes, and how
// much there is to install:
//
//   npm run bench:start -- --processes 20
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { npm, ROOT } from '../scripts/npm.mjs';

// Both in one process, axios first: what it has loaded of Node and of packages that both use, nobody loads again.
const MEASURE = {
  cjs: `
    const t0 = performance.now();
    const axios = require('axios');
    const t1 = performance.now();
    const { attachPolicy } = require(process.argv[1]);
    report(axios, attachPolicy, t0, t1, performance.now());
  `,
  esm: `
    const t0 = performance.now();
    const { default: axios } = await import('axios');
    const t1 = performance.now();
    const { attachPolicy } = await import(process.argv[1]);
    report(axios, attachPolicy, t0, t1, performance.now());
  `,
};
const REPORT = `
  async function report(axios, attachPolicy, t0, t1, t2) {
    const first = axios.create();
    const t3 = performance.now();
    attachPolicy(first, { client: { allowHttp: true } });
    const t4 = performance.now();
    const { createServer } = await import('node:http');
    const server = createServer((_, response) => response.end('ok'));
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const t5 = performance.now();
    await first.get('http://127.0.0.1:' + server.address().port);
    const requestMs = performance.now() - t5;
    console.log(JSON.stringify({ axiosMs: t1 - t0, loadMs: t2 - t1, attachMs: t4 - t3, requestMs }));
    process.exit();
  }
`;

function measure(format, entry) {
  const flags = format === 'esm' ? ['--input-type=module'] : [];
  const args = [...flags, '--eval', REPORT + MEASURE[format], entry];
  return JSON.parse(execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' }));
}

function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.round((sorted.length - 1) * share)];
}

function show(values) {
  const [lower, middle, upper] = [0.25, 0.5, 0.75].map((share) => quantile(values, share).toFixed(2));
  return `${middle} [${lower}–${upper}]`;
}

function rowOf(format, dist, processes) {
  const entry = `${dist}/${format}/index.js`;
  const runs = Array.from({ length: processes }, () => measure(format, entry));
  const column = (pick) => show(runs.map(pick));
  return [
    format,
    column(({ axiosMs }) => axiosMs),
    column(({ loadMs }) => loadMs),
    column(({ axiosMs, loadMs }) => loadMs / axiosMs),
    column(({ attachMs }) => attachMs),
    column(({ requestMs }) => requestMs),
    column(({ loadMs, attachMs, requestMs }) => loadMs + attachMs + requestMs),
  ].join(' | ');
}

function installedSize() {
  const packed = npm(ROOT, 'pack', '--dry-run', '--json', '--ignore-scripts', '--silent');
  const [{ unpackedSize, entryCount }] = JSON.parse(packed);
  return `${Math.round(unpackedSize / 1000)} kB in ${entryCount} files`;
}

async function browserSize(dist) {
  const build = await rolldown({ input: `${dist}/esm/index.browser.js`, platform: 'browser' });
  const { output } = await build.generate({ minify: true });
  await build.close();
  const code = output.map((chunk) => chunk.code).join('');
  return `${(code.length / 1000).toFixed(1)} kB minified, ${(gzipSync(code, { level: 9 }).length / 1000).toFixed(1)} kB compressed`;
}

const { values } = parseArgs({
  options: { processes: { type: 'string', default: '20' }, dist: { type: 'string', default: `${ROOT}dist` } },
});
const dist = resolve(values.dist);
if (!existsSync(`${dist}/cjs/index.js`)) throw new Error(`no build in ${dist}`);
const axiosVersion = JSON.parse(readFileSync(`${ROOT}node_modules/axios/package.json`, 'utf8')).version;
console.log(
  `Node ${process.version}, axios ${axiosVersion}; medians [quartiles] of ${values.processes} fresh processes, in ms\n`,
);
console.log(
  'format | load axios | load axios-policy | ratio | first attach | first request | all three of them',
);
console.log('--- | --- | --- | --- | --- | --- | ---');
for (const format of ['cjs', 'esm']) console.log(rowOf(format, dist, Number(values.processes)));
console.log(`\ninstalled: ${installedSize()}`);
if (existsSync(`${dist}/esm/index.browser.js`)) console.log(`browser entry: ${await browserSize(dist)}`);
