'use strict';
// Lets a plain `node --require` run the sources, for tests that need a process of their own.
const { createHash } = require('node:crypto');
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const { join } = require('node:path');

// Transpiling all of lib/ takes a process seconds, so the processes share what one of them has done.
const cache = join(__dirname, '..', '..', 'node_modules', '.cache', 'ts-register');
mkdirSync(cache, { recursive: true });
const { version } = require('typescript/package.json');

function transpile(source) {
  // Not loaded where everything is in the cache.
  const ts = require('typescript');
  const compilerOptions = {
    module: ts.ModuleKind.CommonJS,
    target: ts.ScriptTarget.ES2022,
    esModuleInterop: true,
  };
  return ts.transpileModule(source, { compilerOptions }).outputText;
}

function compiled(filename) {
  const source = readFileSync(filename, 'utf8');
  const own = readFileSync(__filename, 'utf8');
  const key = createHash('sha256').update([version, own, source].join('\0')).digest('hex');
  const file = join(cache, `${key}.js`);
  try {
    return readFileSync(file, 'utf8');
  } catch {
    const code = transpile(source);
    // Renamed into place, so that no other process reads half of it.
    const draft = `${file}.${process.pid}`;
    writeFileSync(draft, code);
    renameSync(draft, file);
    return code;
  }
}

Module._extensions['.ts'] = (module, filename) => {
  module._compile(compiled(filename), filename);
};

const resolveFilename = Module._resolveFilename;
Module._resolveFilename = function resolve(request, parent, ...rest) {
  const isSource = /^\.{1,2}\//.test(request) && parent?.filename?.endsWith('.ts');
  return resolveFilename.call(this, isSource ? request.replace(/\.js$/, '.ts') : request, parent, ...rest);
};
