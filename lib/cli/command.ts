import { type ParseArgsConfig, parseArgs } from 'node:util';
import { quote } from '../config/render.js';

/** What the commands need of the process. */
export interface CommandIo {
  readFile(path: string): Promise<string>;
  writeFile(path: string, text: string): Promise<void>;
  readStdin(): Promise<string>;
  out(text: string): void;
  err(text: string): void;
  version(): string;
}

/** 0: done; 1: it cannot be done, for the configuration, a file or the server; 2: the command line is wrong. */
export type ExitCode = 0 | 1 | 2;

/** Ends the command with a message of its own. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

type Options = NonNullable<ParseArgsConfig['options']>;

/** The values of options, by name: a text, `true` for a switch, a list where an option may be repeated. */
export type OptionValues = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

/** One of the commands behind `axios-policy`. */
export interface Command {
  readonly name: string;
  /** For `--help`: 100 columns at most. */
  readonly usage: string;
  readonly options: Options;
  /** The most arguments it takes besides options. */
  readonly positionals: number;
  run(values: OptionValues, positionals: readonly string[], io: CommandIo): Promise<ExitCode>;
}

const COMMON = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} satisfies Options;

/** The command line of a command, or of none. */
interface ParsedArguments {
  readonly values: OptionValues;
  readonly positionals: readonly string[];
}

/** @throws {CommandError} */
export function parseArguments(args: readonly string[], command?: Command): ParsedArguments {
  const { values, positionals } = parse(args, { ...COMMON, ...command?.options }, command);
  const unexpected = command && positionals[command.positionals];
  if (unexpected !== undefined) throw wrongUsage(`unexpected argument ${quote(unexpected)}`, command);
  return { values, positionals };
}

function parse(args: readonly string[], options: Options, command: Command | undefined): ParsedArguments {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    // What follows the first sentence is advice, over several lines.
    throw wrongUsage((error as Error).message.replace(/\.\s.*$/s, ''), command);
  }
}

/** An error of the command line, with where to look it up. */
export function wrongUsage(what: string, command: Pick<Command, 'name'> | undefined): CommandError {
  const of = command === undefined ? '' : ` ${command.name}`;
  return new CommandError(2, `${what}; see axios-policy${of} --help`);
}
