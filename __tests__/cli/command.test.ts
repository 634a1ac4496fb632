import { execFile, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { findJsonFault } from '../../lib/cli/config-file.js';
import { resolvePolicy } from '../../lib/config/resolve.js';
import { explainPolicy, renderExplanation } from '../../lib/explain/index.js';
import { atEnd } from '../helpers/cleanup.js';
import { command, version } from './run-command.js';

const ROOT = join(__dirname, '..', '..');
const SHARED =
  '{"client_options":{"connect_timeout":"2s","allow_http":"false"},"retry_config":{"max_retries":"3"}}';

function messageOf(config: unknown): string {
  try {
    resolvePolicy(config);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

describe('axios-policy explain', () => {
  it('prints the defaults without a file', async () => {
    const text = renderExplanation(explainPolicy());
    expect(await command(['explain'])).toEqual({ exitCode: 0, out: text, err: '' });
  });

  it('reads a file in the spelling of obstore, all values strings', async () => {
    const text = renderExplanation(explainPolicy(JSON.parse(SHARED)));
    expect(await command(['explain', 'c.json'], { 'c.json': SHARED })).toEqual({
      exitCode: 0,
      out: text,
      err: '',
    });
    expect(text).toMatch(/connectTimeout +2s +given/);
  });

  it('reads the standard input for -, with or without a byte order mark', async () => {
    const { out, exitCode } = await command(['explain', '-', '--json'], {}, `\ufeff${SHARED}`);
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toEqual(explainPolicy(JSON.parse(SHARED)));
  });

  it.each([
    ['an unknown key', '{"client":{"timout":"5s"}}'],
    [
      'bad values, all at once',
      '{"client":{"timeout":"soon","proxyUrl":"http://u:pa55@ p"},"retry":{"maxRetries":-1}}',
    ],
    ['both spellings of a key', '{"client":{"allowHttp":true,"allow_http":true}}'],
    ['what is no object', '[]'],
    ['null', 'null'],
  ])('refuses %s as attachPolicy does', async (_, text) => {
    const { out, err, exitCode } = await command(['explain', 'c.json'], { 'c.json': text });
    expect({ out, exitCode }).toEqual({ out: '', exitCode: 1 });
    expect(err).toBe(`${messageOf(JSON.parse(text))}\n`);
    expect(err).toContain('Invalid policy');
    expect(err).not.toContain('pa55');
  });

  it('names the line and the column of broken JSON, and nothing of its text', async () => {
    const text = '{\n  "client": {\n    "proxyUrl": "http://u:pa55@p" "timeout": 1\n  }\n}';
    expect(await command(['explain', 'c.json'], { 'c.json': text })).toEqual({
      exitCode: 1,
      out: '',
      err: "axios-policy: 'c.json' is not JSON: see line 3, column 35\n",
    });
  });

  it.each(['', ' \n', '\ufeff'])('says of %j that it is empty', async (text) => {
    expect(await command(['explain', '-'], {}, text)).toMatchObject({
      exitCode: 1,
      err: 'axios-policy: the standard input is empty, and JSON is expected\n',
    });
  });

  it.each([
    ['EISDIR', 'it is a directory'],
    ['EACCES', 'no permission'],
    ['EMFILE', 'EMFILE'],
    [undefined, 'input or output error'],
  ])('says of a file that fails with %s: %s', async (code, words) => {
    const readFile = () => Promise.reject(Object.assign(new Error('pa55'), { code }));
    expect(await command(['explain', 'c.json'], {}, '', { readFile })).toEqual({
      exitCode: 1,
      out: '',
      err: `axios-policy: cannot read 'c.json': ${words}\n`,
    });
  });

  it('names a file that is missing', async () => {
    const { err, exitCode } = await command(['explain', 'nope.json']);
    expect({ err, exitCode }).toEqual({
      err: "axios-policy: cannot read 'nope.json': no such file or directory\n",
      exitCode: 1,
    });
  });
});

describe('axios-policy', () => {
  it.each(['--help', '-h'])('says with %s what it can do', async (flag) => {
    const { out, err, exitCode } = await command([flag]);
    expect({ err, exitCode }).toEqual({ err: '', exitCode: 0 });
    expect(out).toContain('explain [config.json]');
    expect(out).toContain('probe URL [config.json]');
  });

  it.each(['explain', 'probe', 'simulate'])(
    'says with %s --help what that can do, in 100 columns',
    async (name) => {
      const { out, err, exitCode } = await command([name, '--help']);
      expect({ err, exitCode }).toEqual({ err: '', exitCode: 0 });
      expect(out).toMatch(new RegExp(`^Usage: axios-policy ${name} `));
      expect(out).toContain('Exit code: 0');
      expect(out.split('\n').filter((line) => line.length > 100)).toEqual([]);
    },
  );

  it.each(['--version', '-v'])('says its version with %s', async (flag) => {
    expect(await command([flag])).toEqual({ exitCode: 0, out: `${version}\n`, err: '' });
  });

  it.each([
    ['an unknown flag', ['explain', '--frob'], /Unknown option '--frob'/],
    ['a flag of another command', ['explain', '--header', 'a: b'], /Unknown option '--header'/],
    ['a value for a switch', ['explain', '--json=1'], /--json/],
    ['an unknown command', ['frob'], /unknown command 'frob'/],
    ['no command', [], /no command/],
    ['two files', ['explain', 'a', 'b'], /unexpected argument 'b'/],
  ])('ends with 2 for %s', async (_, args, message) => {
    const { out, err, exitCode } = await command(args);
    expect({ out, exitCode }).toEqual({ out: '', exitCode: 2 });
    expect(err).toMatch(message);
    expect(err).toMatch(/^axios-policy: .* see axios-policy (explain )?--help\n$/);
  });

  it.each([
    [['explain', '--jsn'], "Unknown option '--jsn'; see axios-policy explain --help"],
    [['--json'], "Unknown option '--json'; see axios-policy --help"],
    [['simulate', '--trouble'], "Option '--trouble <value>' argument missing; see"],
    [['simulate', '--after', '-5s'], "Option '--after' argument is ambiguous; see axios-policy simulate"],
    [['explain', 'a', 'b'], "unexpected argument 'b'; see axios-policy explain --help"],
  ])('ends with 2 for %j, in one line', async (args, message) => {
    const { out, err, exitCode } = await command(args);
    expect({ out, exitCode }).toEqual({ out: '', exitCode: 2 });
    expect(err).toContain(`axios-policy: ${message}`);
    expect(err).toMatch(/^[^\n]+\n$/);
  });

  it('does not hide a fault of its own', async () => {
    const broken = {
      version: () => {
        throw new TypeError('of our own');
      },
    };
    await expect(command(['--version'], {}, '', broken)).rejects.toThrow('of our own');
  });
});

describe('the place where a text stops being JSON', () => {
  it.each([
    ['', 1, 1],
    ['{', 1, 2],
    ['{"a":1,}', 1, 8],
    ['{"a" 1}', 1, 6],
    ['[1,]', 1, 4],
    ['[,]', 1, 2],
    ['[1}', 1, 3],
    ['{"a":\r\n\ttru}', 2, 5],
    ['{"a":soon}', 1, 6],
    ['{"a":"b\n"}', 1, 8],
    ['"a\\x"', 1, 4],
    ['"a', 1, 3],
    ['[01]', 1, 3],
    ['{} {}', 1, 4],
    ["{'a':1}", 1, 2],
    ['{\n// no\n}', 2, 1],
    ['{"JSON at position 1":x}', 1, 23],
    ['["JSON at position 1", x', 1, 24],
  ])('of %j is line %i, column %i', (text, line, column) => {
    expect(findJsonFault(text)).toEqual({ line, column });
  });

  it('is there where JSON.parse fails, and not before a change that made it fail', () => {
    const changed = fc
      .tuple(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', ',', '"', '}', ']', '{', ' ', '0', 'e', '\\', '\n', 'x'),
      )
      .map(([json, seed, change]) => {
        const at = seed % (json.length + 1);
        return { at, text: json.slice(0, at) + change + json.slice(at + (seed % 2)) };
      });
    const isJson = (text: string): boolean => {
      try {
        JSON.parse(text);
        return true;
      } catch {
        return false;
      }
    };
    fc.assert(
      fc.property(changed, ({ text, at }) => {
        const fault = findJsonFault(text);
        expect(fault === undefined).toBe(isJson(text));
        // `fc.json` writes no line breaks, so a column tells all up to the change.
        if (fault?.line === 1) expect(fault.column).toBeGreaterThanOrEqual(at + 1 - 'false'.length);
      }),
      { numRuns: 1000 },
    );
  });

  it('is found in nesting and texts of any size', () => {
    expect(findJsonFault('['.repeat(200_000))).toEqual({ line: 1, column: 200_001 });
    expect(findJsonFault(`[${'1,'.repeat(200_000)}]`)).toEqual({ line: 1, column: 400_002 });
  });
});

describe('given a process of its own', () => {
  const register = join(__dirname, '..', 'helpers', 'ts-register.cjs');
  const args = (...own: string[]) => ['--require', register, join(ROOT, 'lib', 'cli.ts'), ...own];

  async function run(own: readonly string[], stdin?: string) {
    const child = execFile(process.execPath, args(...own), { timeout: 50_000 });
    let [out, err] = ['', ''];
    child.stdout?.on('data', (text) => {
      out += text;
    });
    child.stderr?.on('data', (text) => {
      err += text;
    });
    child.stdin?.end(stdin);
    const [exitCode] = await once(child, 'close');
    return { exitCode, out, err };
  }

  it('explains a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'axios-policy-cli-'));
    atEnd(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'policy.json');
    writeFileSync(file, SHARED);
    const out = renderExplanation(explainPolicy(JSON.parse(SHARED)));
    expect(await run(['explain', file])).toEqual({ exitCode: 0, out, err: '' });
  }, 60_000);

  it('ends with 1 for wrong standard input, with 2 for an unknown flag, and knows its version', async () => {
    const [wrong, unknown, known] = await Promise.all([
      run(['explain', '-'], '{"retry":{"maxRetry":1}}'),
      run(['explain', '--frob']),
      run(['--version']),
    ]);
    expect(wrong).toEqual({ exitCode: 1, out: '', err: `${messageOf({ retry: { maxRetry: 1 } })}\n` });
    expect(unknown).toMatchObject({ exitCode: 2, out: '' });
    expect(known).toEqual({ exitCode: 0, out: `${version}\n`, err: '' });
  }, 60_000);

  it('does not mind a reader that goes away', async () => {
    const child = spawn(process.execPath, args('explain'), { stdio: ['ignore', 'pipe', 'pipe'] });
    atEnd(() => {
      child.kill('SIGKILL');
    });
    child.stdout.destroy();
    let err = '';
    child.stderr.on('data', (text) => {
      err += text;
    });
    const [exitCode] = await once(child, 'close');
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
  }, 60_000);

  it.each([
    ['the result', ['explain'], 1, 'axios-policy: cannot write: no space left\n'],
    ['the message of a failure', ['explain', '--frob'], 2, ''],
  ])(
    'ends with its exit code where %s cannot be written',
    async (_what, own, expected, message) => {
      const full = openFull();
      if (full === undefined) return;
      const isResult = expected === 1;
      const stdio: StdioOptions = isResult ? ['ignore', full, 'pipe'] : ['ignore', 'pipe', full];
      const child = spawn(process.execPath, args(...own), { stdio });
      let text = '';
      (isResult ? child.stderr : child.stdout)?.on('data', (chunk) => {
        text += chunk;
      });
      const [exitCode] = await once(child, 'close');
      expect({ exitCode, text }).toEqual({ exitCode: expected, text: message });
    },
    60_000,
  );
});

/** A device that is full; not every system has one. */
function openFull(): number | undefined {
  if (!existsSync('/dev/full')) return undefined;
  const full = openSync('/dev/full', 'w');
  atEnd(() => closeSync(full));
  return full;
}
