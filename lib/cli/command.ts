import { parseArgs } from 'node:util';
import { quote } from '../config/render.js';
import type { PolicyConfig } from '../config/types.js';
import { PolicyConfigError } from '../errors.js';
import { explainPolicy } from '../explain/explain.js';
import { renderExplanation } from '../explain/render.js';
import { findJsonFault } from './json-place.js';

/** What the command needs of the process. */
export interface CommandIo {
  readFile(path: string): Promise<string>;
  readStdin(): Promise<string>;
  out(text: string): void;
  err(text: string): void;
  version(): string;
}

/** 0: done; 1: the configuration is wrong or cannot be read; 2: the command line is. */
export type ExitCode = 0 | 1 | 2;

const USAGE = `Usage: axios-policy explain [options] [config.json]

Says what a configuration of axios-policy means: every field with its default and the reason for it,
what is retried, the delays, and the longest that a request may take.

  config.json   what attachPolicy takes, keys in camelCase or snake_case:
                { "client": { … }, "retry": { … } }
                { "client_options": { … }, "retry_config": { … } }
  -             reads it from the standard input
                without either, the defaults are explained

Options:
  --json         the explanation as JSON
  -h, --help     this text
  -v, --version  the version of axios-policy
`;

/** What ends the command with a message of its own. */
class CommandError extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

const LONGEST_NAME = 200;

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
      },
    });
  } catch (error) {
    // What follows the first sentence is advice for positional arguments.
    const [what = ''] = (error as Error).message.split('. ');
    throw new CommandError(2, `${what}; see axios-policy --help`);
  }
}

const FILE_PROBLEMS: ReadonlyMap<unknown, string> = new Map([
  ['ENOENT', 'no such file'],
  ['EISDIR', 'it is a directory'],
  ['EACCES', 'no permission'],
]);

async function readConfig(source: string, name: string, io: CommandIo): Promise<string> {
  try {
    const text = source === '-' ? await io.readStdin() : await io.readFile(source);
    // Editors of Windows put a byte order mark in front.
    return text.replace(/^\ufeff/, '');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CommandError(1, `cannot read ${name}: ${FILE_PROBLEMS.get(code) ?? code ?? 'read error'}`);
  }
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const fault = findJsonFault(text);
    const where = fault && `, line ${fault.line}, column ${fault.column}: expected ${fault.expected}`;
    throw new CommandError(1, `${name} is not JSON${where ?? ''}`);
  }
}

async function configOf(source: string | undefined, io: CommandIo): Promise<unknown> {
  if (source === undefined) return {};
  const name = source === '-' ? 'the standard input' : quote(source, LONGEST_NAME);
  return parseJson(await readConfig(source, name, io), name);
}

async function run(args: readonly string[], io: CommandIo): Promise<void> {
  const { values, positionals } = parse(args);
  if (values.help) return io.out(USAGE);
  if (values.version) return io.out(`${io.version()}\n`);
  const [command, source, ...more] = positionals;
  if (command === undefined) throw new CommandError(2, 'no command; see axios-policy --help');
  if (command !== 'explain')
    throw new CommandError(2, `unknown command ${quote(command)}; see axios-policy --help`);
  if (more.length > 0) throw new CommandError(2, 'more than one file; see axios-policy --help');
  // Whatever it is: the resolver looks at it before it believes the type.
  const explanation = explainPolicy((await configOf(source, io)) as PolicyConfig);
  io.out(values.json ? `${JSON.stringify(explanation, null, 2)}\n` : renderExplanation(explanation));
}

/**
 * The command `axios-policy`.
 *
 * @param args of the command line, without the program.
 */
export async function runCommand(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  try {
    await run(args, io);
    return 0;
  } catch (error) {
    if (error instanceof PolicyConfigError) {
      io.err(`${error.message}\n`);
      return 1;
    }
    if (!(error instanceof CommandError)) throw error;
    io.err(`axios-policy: ${error.message}\n`);
    return error.exitCode;
  }
}
