// The tarball on Node: every format, subpath and command, what is not public, and what is left out with its optional peer.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isWindows } from '../npm.mjs';
import { manifestOf, node } from './processes.mjs';
import { check } from './report.mjs';

const NOT_PUBLIC = ['dist/cjs/index.js', 'dist/esm/attach.js', 'attach', 'lib/index.ts'];

/** Code that loads an entry in either format. */
const LOADERS = {
  require: (specifier) => ['--eval', `require('${specifier}')`],
  import: (specifier) => ['--input-type=module', '--eval', `await import('${specifier}')`],
};

/** Sends requests in each format, with the axios of this consumer. */
export async function checkFormats(folder) {
  const label = `axios ${manifestOf(folder, 'axios').version}`;
  for (const program of ['main.cjs', 'main.mjs', 'mixed.mjs']) {
    await check(`${label}, ${program}`, async () => {
      const told = new Set((await node(folder, program)).split('\n'));
      // Without it a program that came to its end early would pass.
      assert.deepEqual([...told], ['200 after 3 attempts']);
      return [...told][0];
    });
  }
}

/** Loads every subpath of `exports`, and fails to load anything else. */
export async function checkSubpaths(folder) {
  const { name, version, exports } = manifestOf(folder, 'axios-policy');
  for (const subpath of Object.keys(exports)) {
    const specifier = `${name}${subpath.slice(1)}`;
    if (subpath === './package.json') continue;
    for (const [how, loader] of Object.entries(LOADERS)) {
      await check(`${how} ${specifier}`, async () => void (await node(folder, ...loader(specifier))));
    }
  }
  await check(`require ${name}/package.json`, async () => {
    const program = `console.log(require('${name}/package.json').version)`;
    assert.equal(await node(folder, '--eval', program), version);
  });
  for (const path of NOT_PUBLIC) {
    for (const how of Object.keys(LOADERS)) {
      await check(`${how} ${name}/${path} is refused`, () =>
        assertRefused(folder, how, `${name}/${path}`, /ERR_PACKAGE_PATH_NOT_EXPORTED/),
      );
    }
  }
}

/** A policy and a request that ask for nothing special. */
const PLAIN_REQUEST = `
  const { createServer } = require('node:http');
  const axios = require('axios');
  const { attachPolicy } = require('axios-policy');
  const server = createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1', async () => {
    const http = axios.create();
    const policy = attachPolicy(http, { client: { allowHttp: true, timeout: 5000 }, retry: { maxRetries: 3 } });
    await http.get('http://127.0.0.1:' + server.address().port);
    const files = Object.keys(require.cache).map((file) => file.split(/[\\\\/]axios-policy[\\\\/]/)[1]);
    console.log(files.filter(Boolean).map((file) => file.replace(/.*[\\\\/]/, '')).sort().join(' '));
    await policy.close();
    server.close();
  });
`;

/** Loads no more than everybody needs, which decides how soon a process can start. */
export async function checkLateChunks(folder) {
  await check('what few need is not loaded with the package', async () => {
    const loaded = await node(folder, '--eval', PLAIN_REQUEST);
    assert.equal(loaded, 'config.js index.js node.js request.js rolldown-runtime.js');
  });
}

/** Runs every command that the package installs. */
export async function checkCommands(folder) {
  const { name, version, bin = {} } = manifestOf(folder, 'axios-policy');
  for (const [command, path] of Object.entries(bin)) {
    await check(`command ${command}`, async () => {
      const shim = join(folder, 'node_modules/.bin', command);
      assert.ok(existsSync(isWindows ? `${shim}.cmd` : shim), 'npm has made no command of it');
      const told = await node(folder, join('node_modules', name, path), '--version');
      assert.match(told, new RegExp(`(^|\\s)${version}$`));
      return told;
    });
  }
}

/** Without the optional peers only their subpaths fail, and name what is missing. */
export async function checkMissingPeers(folder) {
  for (const [subpath, peer] of [
    ['nestjs', '@nestjs/'],
    ['opentelemetry', '@opentelemetry/api'],
  ]) {
    for (const how of Object.keys(LOADERS)) {
      const reason = new RegExp(`Cannot find (module|package) '${peer}`);
      await check(`${how} axios-policy/${subpath} without ${peer} names it`, () =>
        assertRefused(folder, how, `axios-policy/${subpath}`, reason),
      );
    }
  }
}

async function assertRefused(folder, how, specifier, reason) {
  const loading = node(folder, ...LOADERS[how](specifier));
  await assert.rejects(loading, (error) => {
    assert.match(error.stderr, reason);
    return true;
  });
}
