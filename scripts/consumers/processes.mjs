// Child processes: npm, Node, and the consumers they set up.
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { npm } from '../npm.mjs';

const LIMIT_MS = 120_000;

/** Runs Node and gives what it wrote. A process that does not come to an end by itself fails by the limit. */
export async function node(cwd, ...args) {
  const options = { cwd, encoding: 'utf8', timeout: LIMIT_MS, maxBuffer: 2 ** 26 };
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, options);
    return stdout.trim();
  } catch (error) {
    throw error.killed ? new Error(`has not ended after ${LIMIT_MS / 1000} s`) : error;
  }
}

/** An empty project with these packages and programs. Nothing of the repository is visible from it. */
export function makeConsumer(folder, { packages, programs = [] }) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  npm(
    folder,
    'install',
    '--silent',
    '--no-audit',
    '--no-fund',
    '--no-package-lock',
    '--ignore-scripts',
    ...packages,
  );
  for (const program of programs) addProgram(folder, program);
  return folder;
}

/** Puts a program beside the consumer's package.json, under its own name or another. */
export function addProgram(folder, program, name = basename(program)) {
  copyFileSync(new URL(`programs/${program}`, import.meta.url), join(folder, name));
}

/** The manifest of a package that a consumer has installed. */
export function manifestOf(folder, name) {
  return JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8'));
}
