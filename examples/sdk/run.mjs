/**
 * Runs every recipe in a process of its own: a line each, and all of what it says if it fails.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A recipe, and the package it is about. */
const RECIPES = {
  plaid: 'plaid',
  contentful: 'contentful',
  sendgrid: '@sendgrid/client',
  twilio: 'twilio',
  typesense: 'typesense',
  slack: '@slack/web-api',
  ibm: 'ibm-cloud-sdk-core',
};

// No recipe takes more than a few seconds; one that hangs has left something open.
const LIMIT_MS = 60_000;

/** @param {string} recipe */
async function run(recipe) {
  const file = new URL(`${recipe}.mjs`, import.meta.url);
  const child = spawn(process.execPath, [fileURLToPath(file)], {
    timeout: LIMIT_MS,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { isOk: code === 0, checks: output.match(/^ok /gm)?.length ?? 0, output };
}

for (const [recipe, name] of Object.entries(RECIPES)) {
  const manifest = new URL(`node_modules/${name}/package.json`, import.meta.url);
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
  const { isOk, checks, output } = await run(recipe);
  console.log(`${isOk ? 'ok  ' : 'FAIL'} ${`${name} ${version}`.padEnd(26)} ${checks} checks`);
  if (isOk) continue;
  console.log(output);
  process.exitCode = 1;
}
