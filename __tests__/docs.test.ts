import { execFile, spawnSync } from 'node:child_process';
import diagnostics from 'node:diagnostics_channel';
import * as fs from 'node:fs';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import axios from 'axios';
import ts from 'typescript';
import * as explain from '../lib/explain/index.js';
import * as library from '../lib/index.js';
import * as nestjs from '../lib/nestjs/index.js';
import * as opentelemetry from '../lib/opentelemetry/index.js';
import { formatFailure } from '../lib/retry/describe.js';
import { ca, client } from './helpers/certs.js';
import { type Block, blocksOf, documents, ROOT, tableOf, textOf } from './helpers/documents.js';
import { handler, type Origin, startOrigin } from './helpers/origin.js';
import { startProxy, type TestProxy } from './helpers/proxy.js';

const BLOCKS = documents().flatMap(blocksOf);
const TYPED = BLOCKS.filter(({ language }) => language === 'ts');
// Nest applications are started by a suite of their own, `nestjs/documented.test.ts`.
const TS = TYPED.filter(({ file }) => file !== 'docs/nestjs.md');
const ORIGIN = 'https://api.example.com';

/** Whose `js` blocks `compat/` runs, with the packages that they are about. */
const OF_COMPAT = /^docs\/(?:testing|neighbours|migrating-from-(?:axios-retry|retry-axios))\.md$/;

/** What a block may take for granted: the imports and the instance of the first example. */
function complete(code: string): string {
  const prelude = [
    /import axios\b/.test(code) ? '' : "import axios from 'axios';",
    /import \{[^}]*attachPolicy/.test(code) ? '' : "import { attachPolicy } from 'axios-policy';",
    /const http =/.test(code) ? '' : `const http = axios.create({ baseURL: '${ORIGIN}' });`,
  ];
  return `${prelude.join('\n')}\n${code}\nvoid [axios, attachPolicy];\nexport {};\n`;
}

/** Type-checks the blocks as a user's project would see them: strict, `axios-policy` being this library. */
function typeErrors(blocks: readonly Block[]): string[] {
  const files = new Map(
    blocks.map((block, index) => [join(ROOT, '__tests__', `documented-${index}.ts`), block] as const),
  );
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT);
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists, getSourceFile } = host;
  const codeOf = (path: string) => {
    const block = files.get(path);
    return block && complete(block.code);
  };
  host.fileExists = (path) => files.has(path) || fileExists(path);
  host.readFile = (path) => codeOf(path) ?? readFile(path);
  host.getSourceFile = (path, language, ...rest) => {
    const text = codeOf(path);
    return text === undefined
      ? getSourceFile(path, language, ...rest)
      : ts.createSourceFile(path, text, language);
  };
  const program = ts.createProgram(
    [...files.keys()],
    {
      ...options,
      // One format for all files, so that there is one copy of axios' types to augment.
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      types: ['node'],
      noUnusedLocals: false,
      paths: {
        'axios-policy': [join(ROOT, 'lib/index.ts')],
        'axios-policy/*': [join(ROOT, 'lib/*/index.ts')],
      },
    },
    host,
  );
  // Of the blocks only: the library itself is checked where everything is.
  return [...files].flatMap(([path, { file, line }]) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(path))
      .filter((diagnostic) => diagnostic.file?.fileName === path)
      .map(({ messageText }) => `${file}:${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`),
  );
}

/** Files that blocks read: the configuration that their page shows as JSON, and certificates of the local origin. */
function fsOf(page: string) {
  const files: Record<string, string | undefined> = {
    'config.json': blocksOf(page).find(({ language }) => language === 'json')?.code,
    'ca.pem': ca,
    'client.pem': client.cert,
    'client-key.pem': client.key,
  };
  return { ...fs, readFileSync: (name: string) => files[name] ?? fs.readFileSync(name, 'utf8') };
}

describe('the code in the documents', () => {
  let origin: Origin;
  let proxy: TestProxy;

  beforeAll(async () => {
    origin = await startOrigin({ tls: true });
    origin.always(
      handler((request, response) => {
        const first = origin.requests.filter(({ url }) => url === request.url).length === 1;
        if (request.url === '/flaky' && first) response.statusCode = 503;
        response.setHeader('Content-Type', 'application/json');
        response.end(
          JSON.stringify(request.url === '/object' && first ? { error: 'SlowDown' } : { ok: true }),
        );
      }),
    );
    proxy = await startProxy({ auth: { user: 'user', password: 'p@ss' } });
  });

  it('is all found', () => {
    for (const file of documents()) {
      const fences = textOf(file).match(/^\s*(?:`{3,}|~{3,})/gm) ?? [];
      expect([file, fences.length]).toEqual([file, 2 * blocksOf(file).length]);
    }
  });

  it('is all of a kind that something runs, compiles or reads', () => {
    const kinds = BLOCKS.filter(({ file, language }) => !(language === 'js' && OF_COMPAT.test(file)));
    const languages = new Set(kinds.map(({ language }) => language));
    expect(languages).toEqual(new Set(['ts', 'js', 'json', 'sh', 'text', 'yaml', 'python']));
    expect(kinds.filter(({ language }) => language === 'js').map(({ file }) => file)).toEqual(['README.md']);
    expect(TS.length).toBeGreaterThanOrEqual(41);
  });

  it('compiles as it stands, under strict', () => {
    expect(typeErrors(TYPED)).toEqual([]);
  }, 60_000);

  /** Runs a block against the local origin, and the instance it leaves behind once more. */
  async function run({ file, code, language }: Block): Promise<void> {
    const trusting = `{ baseURL: ${JSON.stringify(origin.url)}, httpsAgent: trustingAgent }`;
    // Imports of CommonJS stand in place of others: what follows those follows these.
    const required = `${code}\nconst http = axios.create({ baseURL: '${ORIGIN}' });\nattachPolicy(http);\n`;
    const local = (language === 'js' ? required : complete(code))
      .replaceAll(`{ baseURL: '${ORIGIN}' }`, trusting)
      .replace('proxy.internal:3128', new URL(proxy.url).host);
    const { outputText } = ts.transpileModule(local.replace(/^export \{\};$/m, ''), {
      compilerOptions: {
        module: ts.ModuleKind.CommonJS,
        target: ts.ScriptTarget.ES2022,
        esModuleInterop: true,
        experimentalDecorators: true,
      },
    });
    const policies: library.Policy[] = [];
    const attachPolicy: typeof library.attachPolicy = (...args) => {
      const policy = library.attachPolicy(...args);
      policies.push(policy);
      return policy;
    };
    // A program may listen until it ends; the other suites of this process shall not find it listening.
    const subscribed: Parameters<typeof diagnostics.subscribe>[] = [];
    const subscribe: typeof diagnostics.subscribe = (...args) => {
      subscribed.push(args);
      diagnostics.subscribe(...args);
    };
    const stops: (() => void)[] = [];
    const instrumentPolicy: typeof opentelemetry.instrumentPolicy = (...args) => {
      const stop = opentelemetry.instrumentPolicy(...args);
      stops.push(stop);
      return stop;
    };
    const modules: Record<string, unknown> = {
      axios: language === 'js' ? axios : { __esModule: true, default: axios, ...axios },
      'axios-policy': { ...library, attachPolicy },
      'axios-policy/explain': explain,
      'axios-policy/nestjs': nestjs,
      'axios-policy/opentelemetry': { ...opentelemetry, instrumentPolicy },
      'node:diagnostics_channel': { ...diagnostics, subscribe },
      'node:fs': fsOf(file),
    };
    const load = (name: string) => modules[name] ?? require(name);
    const scope = {
      require: load,
      exports: {},
      trustingAgent: new Agent({ ca }),
      openFile: () => Readable.from(['content']),
      sign: () => 'Signature 1',
      console: { log: () => undefined, warn: () => undefined, error: () => undefined },
    };
    const body = `return (async () => {${outputText}\nif (!/close/.test(${JSON.stringify(code)})) await http.get('/after');})()`;
    await new Function(...Object.keys(scope), body)(...Object.values(scope));
    await Promise.all(policies.map((policy) => policy.close()));
    for (const args of subscribed) diagnostics.unsubscribe(...args);
    for (const stop of stops) stop();
  }

  const programs = [
    ...TS,
    ...BLOCKS.filter(({ file, language }) => language === 'js' && !OF_COMPAT.test(file)),
  ];
  it.each(programs.map((block) => [`${block.file}:${block.line}`, block] as const))(
    'runs: %s',
    async (_place, block) => {
      const listeners = process.listeners('SIGTERM');
      const tunnels = proxy.requests.length;
      jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
      await run(block);
      expect(proxy.requests.length - tunnels).toBe(block.code.includes('proxyUrl:') ? 1 : 0);
      for (const added of process.listeners('SIGTERM').filter((listener) => !listeners.includes(listener))) {
        process.removeListener('SIGTERM', added);
      }
    },
  );

  it('that is JSON can be read, and is taken by attachPolicy where it is a configuration', () => {
    const values = BLOCKS.filter(({ language }) => language === 'json').map(({ code }) => JSON.parse(code));
    const configurations = values.filter((value) => 'client' in value || 'client_options' in value);
    expect(configurations.length).toBeGreaterThan(0);
    for (const value of configurations) library.attachPolicy(axios.create(), value).detach();
  });

  it('that is for a shell names scripts and commands that there are', () => {
    const { scripts } = JSON.parse(textOf('package.json'));
    const lines = BLOCKS.filter(({ language }) => language === 'sh').flatMap(({ code }) =>
      code.trim().split('\n'),
    );
    expect(lines.length).toBeGreaterThan(1);
    const named = documents().flatMap((file) => [...textOf(file).matchAll(/npm run ([\w:]+)/g)]);
    expect(named.map(([, name = '']) => name).filter((name) => !(name in scripts))).toEqual([]);
  });

  it('that is Python compiles, where there is a Python', () => {
    for (const { code } of BLOCKS.filter(({ language }) => language === 'python')) {
      const check = spawnSync('python3', ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'], {
        input: code,
      });
      if (check.error === undefined) expect(check.stderr.toString()).toBe('');
    }
  });
});

describe('the README', () => {
  const README = textOf('README.md');

  it('has at most 230 lines', () => {
    expect(README.trimEnd().split('\n').length).toBeLessThanOrEqual(230);
  });

  it('names the defaults as they are', () => {
    const rows = tableOf('README.md', 'defaults').map((cells) =>
      cells.map((cell) => cell.replaceAll('`', '')),
    );
    expect(rows.length).toBeGreaterThan(10);
    const said: Record<string, unknown> = {};
    for (const [path = '', value = ''] of rows) {
      const keys = path.split('.');
      const last = keys.pop() ?? '';
      let section = said;
      for (const key of keys) {
        section[key] ??= {};
        section = section[key] as Record<string, unknown>;
      }
      section[last] = value;
    }
    const configOf = (config: object) => {
      const policy = library.attachPolicy(axios.create(), config);
      policy.detach();
      return policy.config;
    };
    expect(configOf(said)).toEqual(configOf({}));
  });

  it('shows pictures of the summary that it shows as text', async () => {
    await promisify(execFile)(process.execPath, ['scripts/demo-summary.mjs', '--pictures'], { cwd: ROOT });
  });
});

describe('the pages', () => {
  it('are all in the list of guides', () => {
    const list = textOf('docs/index.md');
    const pages = documents().filter((file) => file.startsWith('docs/') && file !== 'docs/index.md');
    expect(pages.filter((file) => !list.includes(`](${file.slice('docs/'.length)})`))).toEqual([]);
  });

  it('of the reference are what the source code says', async () => {
    await promisify(execFile)(process.execPath, ['scripts/reference/main.mjs', '--check'], { cwd: ROOT });
  });

  it('name every error code, with cause and remedy', () => {
    const codes = textOf('lib/errors.ts').match(/(?<=\| ')ERR_POLICY_\w+/g) ?? [];
    expect(codes.length).toBeGreaterThan(5);
    const rows = tableOf('docs/errors.md', 'errors').map(([code = '']) => code.replaceAll('`', ''));
    expect(rows).toEqual(codes);
  });

  it('name every field of ClientConfig and RetryConfig', () => {
    const policy = library.attachPolicy(axios.create());
    const { client, retry } = policy.config;
    policy.detach();
    const fields = [...Object.keys(client), ...Object.keys(retry || {})];
    const options = textOf('docs/reference/options.md');
    expect(fields.length).toBeGreaterThan(20);
    expect(fields.filter((field) => !new RegExp(`^##.*\\b${field}\\b`, 'm').test(options))).toEqual([]);
  });

  it('show lines of describeFailure as it makes them', () => {
    const shown = blocksOf('docs/operations.md').filter(({ language }) => language === 'text');
    const limits = { maxRetries: 10, retryTimeoutMs: 180_000 };
    const outage = {
      method: 'get',
      url: 'https://api.example.com/users?page=2',
      retries: 3,
      elapsedMs: 2400,
    };
    const lost = { method: 'post', url: 'https://api.example.com/orders', retries: 0, elapsedMs: 8 };
    expect(shown.map(({ code }) => code.trim())).toEqual([
      formatFailure({
        ...outage,
        ...limits,
        maxRetries: 3,
        giveUp: 'max-retries',
        what: '503 Service Unavailable',
      }),
      formatFailure({ ...lost, ...limits, giveUp: 'not-idempotent', what: 'read ECONNRESET' }),
    ]);
  });

  it('name every channel', () => {
    const sources = fs.readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' });
    const code = sources.filter((name) => name.endsWith('.ts')).map((name) => textOf(join('lib', name)));
    const channels = new Set(code.join('').match(/(?<=')axios-policy:\w+(?=')/g));
    const told = textOf('docs/reference/channels.md').match(/(?<=^\| `)axios-policy:\w+/gm);
    expect(new Set(told)).toEqual(channels);
  });

  it('name every reason for giving up, and every warning', () => {
    const types = textOf('docs/reference/events.md').split('## GiveUpReason')[1] ?? '';
    const reasons = types.match(/(?<=\| ')[\w-]+/g) ?? [];
    const shown = tableOf('docs/operations.md', 'give-ups').map(([reason = '']) =>
      reason.replaceAll('`', ''),
    );
    expect(new Set(shown)).toEqual(new Set(reasons));
    // As `decide` has it: what no limit ended.
    expect(shown.slice(-4)).toEqual(['not-idempotent', 'not-retryable', 'should-retry', 'cancelled']);
    expect(textOf('docs/operations.md')).toContain('The last four of the table do not reach `onGiveUp`');

    const sources = fs.readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' });
    const code = sources
      .filter((name) => name.endsWith('.ts'))
      .map((name) => textOf(join('lib', name)))
      .join('');
    const warnings = new Set(code.match(/AXIOS_POLICY_\w+/g));
    const told = tableOf('docs/configuration.md', 'warnings').map(([name = '']) => name.replaceAll('`', ''));
    expect(new Set(told)).toEqual(warnings);
  });
});
