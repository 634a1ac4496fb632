// Packs the package and uses it in real Nest applications, as a new user would: on every major of Nest that is
// supported, from CommonJS and ES modules, type-checked; then the example, started as its own project.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { npm, pack, ROOT } from './npm.mjs';

const MAJORS = [
  { nest: 10, nestAxios: 3 },
  { nest: 11, nestAxios: 4 },
  { nest: 12, nestAxios: 12 },
];
const LIMIT_MS = 60_000;

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
// A process that does not come to an end by itself has an open handle: the limit makes that a failure.
const node = (cwd, ...args) =>
  execFileSync(process.execPath, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: LIMIT_MS,
  }).trim();

const APP = `
let hits = 0;
const upstream = createServer((_request, response) => {
  response.statusCode = hits++ < 2 ? 503 : 200;
  response.end('ok');
});

class Relay {
  constructor(http, policy, stock, health) {
    Object.assign(this, { http, policy, stock, health });
  }
  async relay() {
    const response = await firstValueFrom(this.http.get('/'));
    await firstValueFrom(this.stock.get('/'));
    return {
      attempts: getPolicyMetadata(response).attempts,
      counted: this.policy.stats().attempts,
      stock: this.health.check().stock,
    };
  }
}
Inject(HttpService)(Relay, undefined, 0);
InjectPolicy()(Relay, undefined, 1);
InjectHttp('stock')(Relay, undefined, 2);
Inject(HttpPolicyHealth)(Relay, undefined, 3);
Get()(Relay.prototype, 'relay', Object.getOwnPropertyDescriptor(Relay.prototype, 'relay'));
Controller()(Relay);

function appOf(...imports) {
  class App {}
  Module({ imports, controllers: [Relay] })(App);
  return NestFactory.create(App, { logger: false, abortOnError: false });
}

async function main() {
  await once(upstream.listen(0, '127.0.0.1'), 'listening');
  const axios = { baseURL: 'http://127.0.0.1:' + upstream.address().port };
  const app = await appOf(
    HttpPolicyModule.forRootAsync({ useFactory: async () => ({ client: { allowHttp: 'true' } }) }),
    HttpPolicyModule.registerAsync({
      useFactory: async () => ({ axios, retry: { maxRetries: '2', backoff: { initBackoff: '5ms' } } }),
    }),
    HttpPolicyModule.register({ name: 'stock', axios }),
  );
  await app.listen(0, '127.0.0.1');
  const answer = await (await fetch(await app.getUrl(), { headers: { connection: 'close' } })).json();
  const stock = { status: 'up', requests: 1, failed: 0, retries: 0, active: 0, pending: 0 };
  assert.deepEqual(answer, { attempts: 3, counted: 3, stock });
  await app.close();
  upstream.close();
  const wrong = HttpPolicyModule.register({ name: 'stock', client: { timeout: 'soon' } });
  await assert.rejects(appOf(HttpPolicyModule.register({}), wrong), (error) => {
    assert.ok(error instanceof PolicyConfigError);
    assert.match(error.message, /^HttpPolicyModule 'stock': client\\.timeout: expected/);
    return true;
  });
  console.log('answers 200 after ' + answer.attempts + ' attempts, closes, refuses wrong options');
}
main();
`;

const IMPORTS = {
  'node:assert/strict': 'assert',
  'node:events': '{ once }',
  'node:http': '{ createServer }',
  '@nestjs/axios': '{ HttpService }',
  '@nestjs/common': '{ Controller, Get, Inject, Module }',
  '@nestjs/core': '{ NestFactory }',
  'axios-policy': '{ getPolicyMetadata, PolicyConfigError }',
  'axios-policy/nestjs': '{ HttpPolicyHealth, HttpPolicyModule, InjectHttp, InjectPolicy }',
  rxjs: '{ firstValueFrom }',
};
const imports = Object.entries(IMPORTS);

const TYPES = `
import { HttpModule, HttpService } from '@nestjs/axios';
import { Inject, Injectable, Module } from '@nestjs/common';
import { attachPolicy, type Policy } from 'axios-policy';
import {
  getHttpToken,
  HTTP_POLICY,
  HttpPolicyModule,
  InjectHttp,
  InjectPolicy,
  type HttpPolicyModuleOptions,
  type HttpPolicyOptionsFactory,
} from 'axios-policy/nestjs';

@Injectable()
class Options implements HttpPolicyOptionsFactory {
  createHttpPolicyOptions(): HttpPolicyModuleOptions {
    return { axios: { baseURL: 'https://api.example.com' }, client: { timeout: '5s' } };
  }
}

@Injectable()
export class Client {
  constructor(
    @Inject(HttpService) readonly http: HttpService,
    @InjectPolicy() readonly policy: Policy,
    @InjectHttp('stock') readonly stock: HttpService,
    @InjectPolicy('stock') readonly stockPolicy: Policy,
  ) {
    void http.get('/', { policy: { timeout: '1s' } });
  }
}

@Module({
  imports: [
    HttpPolicyModule.register({ client: { timeout: '5s' }, retry: false, global: true }),
    HttpPolicyModule.registerAsync({ useClass: Options, global: true }),
    HttpPolicyModule.registerAsync({ inject: [HTTP_POLICY], useFactory: async (_: Policy) => ({ retry: { maxRetries: 1 } }) }),
    HttpPolicyModule.register({ name: 'stock', retry: false }),
    HttpPolicyModule.registerAsync({ name: 'mail', inject: [getHttpToken('stock')], useFactory: async (_: HttpService) => ({}) }),
    HttpPolicyModule.forRoot({ client: { timeout: '5s' } }),
    HttpPolicyModule.forRootAsync({ useClass: Options }),
    // @ts-expect-error: no option of the module
    HttpPolicyModule.register({ clinet: {} }),
    // @ts-expect-error: each client has a name of its own
    HttpPolicyModule.forRoot({ name: 'all' }),
    HttpModule,
  ],
  providers: [Client],
})
export class App {
  constructor(@Inject(HttpService) http: HttpService) {
    attachPolicy(http.axiosRef);
  }
}
`;

const FILES = {
  'main.cjs': imports.map(([from, names]) => `const ${names} = require('${from}');`).join('\n') + APP,
  'main.mjs': imports.map(([from, names]) => `import ${names} from '${from}';`).join('\n') + APP,
  'types.cts': TYPES,
  'types.mts': TYPES,
};

function folder(name, manifest) {
  const path = join(work, name);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'package.json'), JSON.stringify({ private: true, ...manifest }));
  return path;
}

const install = (cwd, ...packages) =>
  npm(cwd, 'install', '--silent', '--no-audit', '--no-fund', '--no-package-lock', ...packages);

function smoke({ nest, nestAxios }, tarball) {
  const consumer = folder(`nest-${nest}`);
  const ofNest = ['common', 'core', 'platform-express'].map((name) => `@nestjs/${name}@${nest}`);
  install(consumer, tarball, ...ofNest, `@nestjs/axios@${nestAxios}`, 'axios', 'rxjs@7', 'reflect-metadata');
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(consumer, name), text);
  for (const types of ['@types/node', 'undici-types']) {
    cpSync(join(ROOT, 'node_modules', types), join(consumer, 'node_modules', types), { recursive: true });
  }
  const manifest = readFileSync(join(consumer, 'node_modules/@nestjs/core/package.json'), 'utf8');
  const label = `Nest ${JSON.parse(manifest).version}`;
  for (const name of ['main.cjs', 'main.mjs']) console.log(label, name, node(consumer, name));
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--types', 'node'];
  for (const name of ['types.cts', 'types.mts']) {
    node(consumer, tsc, ...options, '--skipLibCheck', '--experimentalDecorators', name);
    console.log(label, name, 'compiles');
  }
}

/** Starts the example as `npm start` does, but on the tarball, and asks it over HTTP. */
async function example(tarball) {
  const { dependencies, devDependencies } = JSON.parse(
    readFileSync(join(ROOT, 'examples/nestjs/package.json'), 'utf8'),
  );
  const project = folder('example', {
    dependencies: { ...dependencies, 'axios-policy': `file:${tarball}` },
    devDependencies,
  });
  for (const name of ['src', 'tsconfig.json']) {
    cpSync(join(ROOT, 'examples/nestjs', name), join(project, name), { recursive: true });
  }
  install(project);
  node(project, join(project, 'node_modules/typescript/bin/tsc'));
  const started = spawn(process.execPath, ['dist/main.js'], {
    cwd: project,
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const patience = setTimeout(() => started.kill('SIGKILL'), LIMIT_MS);
  try {
    for await (const line of createInterface({ input: started.stdout })) {
      const url = /^curl (http:\S+)/.exec(line)?.[1];
      if (url === undefined) continue;
      console.log('example', await (await fetch(url, { headers: { connection: 'close' } })).text());
      if (url.endsWith('/metrics')) started.kill('SIGTERM');
    }
    const [code, signal] = started.exitCode === null ? await once(started, 'exit') : [started.exitCode];
    if (code !== 0 && signal !== 'SIGTERM') throw new Error(`the example ended with ${code ?? signal}`);
  } finally {
    clearTimeout(patience);
    started.kill('SIGKILL');
  }
}

const work = mkdtempSync(join(tmpdir(), 'axios-policy-nestjs-'));
try {
  const tarball = pack(work);
  for (const major of MAJORS) smoke(major, tarball);
  await example(tarball);
} finally {
  rmSync(work, { recursive: true, force: true });
}
