import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import axios from 'axios';
import ts from 'typescript';
import * as explain from '../lib/explain/index.js';
import * as library from '../lib/index.js';
import * as nestjs from '../lib/nestjs/index.js';
import * as opentelemetry from '../lib/opentelemetry/index.js';
import { ca } from './helpers/certs.js';
import { handler, type Origin, startOrigin } from './helpers/origin.js';
import { startProxy, type TestProxy } from './helpers/proxy.js';

const ROOT = join(__dirname, '..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

interface Block {
  readonly title: string;
  readonly code: string;
}

/** Every ```ts block, named by the line of prose in front of it. */
const BLOCKS: readonly Block[] = [...README.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => {
  const before = README.slice(0, match.index).trimEnd().split('\n').at(-1) ?? '';
  return { title: before.replace(/[#:`]/g, '').trim(), code: match[1] ?? '' };
});

/** What a block may take for granted: the imports and the instance of the first example. */
function complete(code: string): string {
  const prelude = [
    /import axios\b/.test(code) ? '' : "import axios from 'axios';",
    /import \{[^}]*attachPolicy/.test(code) ? '' : "import { attachPolicy } from 'axios-policy';",
    /const http =/.test(code) ? '' : "const http = axios.create({ baseURL: 'https://api.example.com' });",
  ];
  return `${prelude.join('\n')}\n${code}\nvoid [axios, attachPolicy];\nexport {};\n`;
}

/** Type-checks the blocks as a user's project would see them: strict, `axios-policy` being this library. */
function typeErrors(blocks: readonly Block[]): string[] {
  const files = new Map(
    blocks.map(({ code }, index) => [join(ROOT, '__tests__', `readme-block-${index}.ts`), complete(code)]),
  );
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT);
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists, getSourceFile } = host;
  host.fileExists = (path) => files.has(path) || fileExists(path);
  host.readFile = (path) => files.get(path) ?? readFile(path);
  host.getSourceFile = (path, language, ...rest) => {
    const text = files.get(path);
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
        'axios-policy/explain': [join(ROOT, 'lib/explain/index.ts')],
        'axios-policy/nestjs': [join(ROOT, 'lib/nestjs/index.ts')],
        'axios-policy/opentelemetry': [join(ROOT, 'lib/opentelemetry/index.ts')],
      },
    },
    host,
  );
  // Of the blocks only: the library itself is checked where everything is.
  return [...files.keys()]
    .flatMap((path) => ts.getPreEmitDiagnostics(program, program.getSourceFile(path)))
    .filter(({ file }) => file !== undefined && files.has(file.fileName))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

describe('the blocks of the README', () => {
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

  it('are all found', () => {
    expect(BLOCKS.length).toBeGreaterThanOrEqual(9);
    expect(README.match(/^```(?:typescript|js|javascript)$/gm)).toBeNull();
  });

  it('compile as they stand, under strict', () => {
    expect(typeErrors(BLOCKS)).toEqual([]);
  }, 60_000);

  /** Runs a block against the local origin, and the instance it leaves behind once more. */
  async function run(code: string): Promise<void> {
    const trusting = `{ baseURL: ${JSON.stringify(origin.url)}, httpsAgent: trustingAgent }`;
    const local = complete(code)
      .replace("{ baseURL: 'https://api.example.com' }", trusting)
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
    const modules: Record<string, unknown> = {
      axios: { __esModule: true, default: axios, ...axios },
      'axios-policy': { ...library, attachPolicy },
      'axios-policy/explain': explain,
      'axios-policy/nestjs': nestjs,
      'axios-policy/opentelemetry': opentelemetry,
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
  }

  it.each(BLOCKS.map(({ title, code }) => [title, code] as const))('run: %s', async (_title, code) => {
    const listeners = process.listeners('SIGTERM');
    const tunnels = proxy.requests.length;
    await run(code);
    expect(proxy.requests.length - tunnels).toBe(code.includes('proxyUrl:') ? 1 : 0);
    for (const added of process.listeners('SIGTERM').filter((listener) => !listeners.includes(listener))) {
      process.removeListener('SIGTERM', added);
    }
  });
});

describe('the tables of the README', () => {
  it('name every error code', () => {
    const codes = readFileSync(join(ROOT, 'lib/errors.ts'), 'utf8').match(/(?<=\| ')ERR_POLICY_\w+/g) ?? [];
    expect(codes.length).toBeGreaterThan(5);
    expect(codes.filter((code) => !README.includes(`| \`${code}\``))).toEqual([]);
  });

  it('name every field of ClientConfig and RetryConfig, with its default', () => {
    const policy = library.attachPolicy(axios.create());
    const { client, retry } = policy.config;
    policy.detach();
    const fields = [...Object.keys(client), ...Object.keys(retry || {})].filter(
      (field) => field !== 'backoff',
    );
    expect(fields.length).toBeGreaterThan(20);
    expect(fields.filter((field) => !new RegExp(`^\\|.*\`${field}\``, 'm').test(README))).toEqual([]);
  });
});
