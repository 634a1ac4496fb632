// Tries the packed package in other runtimes than Node, where their programs can be had: `npm run check:runtimes`. What
// works is a table of the README, which this compares; `-- --update` writes it.
import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cachedPackages } from '../cached-packages.mjs';
import { makeConsumer } from '../consumers/processes.mjs';
import { pack, ROOT } from '../npm.mjs';
import { runInWorkerd } from './workerd.mjs';
import { startWorld } from './world.mjs';

const LIMIT_MS = 120_000;
const README = join(ROOT, 'README.md');
const TABLE = /(<!-- runtimes -->\n)[\s\S]*?(\n<!-- \/runtimes -->)/;

/** The program of a runtime and what it is started with; `undefined` where it cannot be had. */
function programOf(name) {
  if (name === 'Node') return { version: process.version, command: process.execPath, args: [] };
  const [folder, wanted] = { Bun: ['bun', '1.4.5'], Deno: ['deno', '2.9.6'] }[name];
  try {
    const packages = cachedPackages(`${folder}-${wanted}`, `${folder}@${wanted}`);
    const { version } = JSON.parse(readFileSync(join(packages, folder, 'package.json'), 'utf8'));
    const command = join(packages, '.bin', folder);
    const args =
      name === 'Deno' ? ['run', '--allow-all', '--node-modules-dir=manual', '--no-prompt'] : ['run'];
    return { version, command, args };
  } catch (error) {
    console.log(`${name} cannot be had here, and is not tried: ${error.message.split('\n')[0]}`);
    return undefined;
  }
}

async function tryIn(program, folder, world) {
  const env = { ...process.env, WORLD: JSON.stringify(world), NO_COLOR: '1' };
  const options = { cwd: folder, env, encoding: 'utf8', timeout: LIMIT_MS, maxBuffer: 2 ** 24 };
  const { stdout } = await promisify(execFile)(program.command, [...program.args, 'program.mjs'], options);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

function tableOf(columns) {
  const names = Object.keys(columns);
  const behaviours = Object.keys(columns[names[0]].results);
  const row = (cells) => `| ${cells.join(' | ')} |`;
  return [
    row(['', ...names.map((name) => `${name} ${columns[name].version}`)]),
    row(['---', ...names.map(() => '---')]),
    ...behaviours.map((behaviour) =>
      row([behaviour, ...names.map((name) => columns[name].results[behaviour])]),
    ),
  ].join('\n');
}

function withoutVersions(table) {
  return table.replace(/(?<=[A-Z][a-z]+ )v?[\d.]+/g, '');
}

const work = mkdtempSync(join(realpathSync(tmpdir()), 'axios-policy-runtimes-'));
const world = await startWorld();
try {
  const folder = makeConsumer(join(work, 'consumer'), { packages: [pack(work), 'axios@latest'] });
  for (const file of ['program.mjs', 'behaviours.mjs']) {
    copyFileSync(new URL(file, import.meta.url), join(folder, file));
  }
  const columns = {};
  for (const name of ['Node', 'Bun', 'Deno']) {
    const program = programOf(name);
    if (program === undefined) continue;
    columns[name] = { version: program.version, results: await tryIn(program, folder, world.urls) };
  }
  const table = tableOf(columns);
  console.log(table);
  console.log(await runInWorkerd(folder, world.urls));
  const readme = readFileSync(README, 'utf8');
  const [shown = ''] = TABLE.exec(readme) ?? [];
  if (process.argv.includes('--update')) {
    writeFileSync(
      README,
      readme.replace(TABLE, (_whole, before, after) => `${before}${table}${after}`),
    );
  } else if (Object.keys(columns).length === 3 && !withoutVersions(shown).includes(withoutVersions(table))) {
    console.error('\nthe README has another table: npm run check:runtimes -- --update');
    process.exitCode = 1;
  }
} finally {
  await world.close();
  rmSync(work, { recursive: true, force: true, maxRetries: 3 });
}
