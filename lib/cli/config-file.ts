import { quote } from '../config/render.js';
import type { PolicyConfig } from '../config/types.js';
import { CommandError, type CommandIo } from './command.js';

/** The lines about `config.json` in the help of every command. */
export const CONFIG_USAGE = `  config.json   what attachPolicy takes, keys in camelCase or snake_case:
                { "client": { … }, "retry": { … } }
                { "client_options": { … }, "retry_config": { … } }
  -             reads it from the standard input`;

const LONGEST_NAME = 200;

const FILE_PROBLEMS: ReadonlyMap<unknown, string> = new Map([
  ['ENOENT', 'no such file or directory'],
  ['EISDIR', 'it is a directory'],
  ['EACCES', 'no permission'],
  ['ENOSPC', 'no space left'],
]);

/** A file's name for messages. */
export function fileName(path: string): string {
  return quote(path, LONGEST_NAME);
}

/** Why a file cannot be read or written. */
export function fileProblem(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return FILE_PROBLEMS.get(code) ?? code ?? 'input or output error';
}

/**
 * The configuration in a file, not looked at yet; `{}` without a file.
 * @param source a path, or `-` for the standard input.
 * @throws {CommandError} without a word of what the file holds, which may be a secret.
 */
export async function readConfig(source: string | undefined, io: CommandIo): Promise<PolicyConfig> {
  if (source === undefined) return {};
  const name = source === '-' ? 'the standard input' : fileName(source);
  // Whatever it is: the resolver looks at it before it believes the type.
  return parseJson(await readText(source, name, io), name) as PolicyConfig;
}

async function readText(source: string, name: string, io: CommandIo): Promise<string> {
  try {
    const text = source === '-' ? await io.readStdin() : await io.readFile(source);
    // Editors of Windows put a byte order mark in front.
    return text.replace(/^\ufeff/, '');
  } catch (error) {
    throw new CommandError(1, `cannot read ${name}: ${fileProblem(error)}`);
  }
}

function parseJson(text: string, name: string): unknown {
  if (text.trim() === '') throw new CommandError(1, `${name} is empty, and JSON is expected`);
  const fault = findJsonFault(text);
  if (fault === undefined) return JSON.parse(text);
  throw new CommandError(1, `${name} is not JSON: see line ${fault.line}, column ${fault.column}`);
}

/** A place in a text. */
interface TextPlace {
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 units. */
  readonly column: number;
}

// At the end, because some messages quote the text around the fault, which may say anything, or be a password.
const POSITION = /JSON at position (\d+)(?: \(line \d+ column \d+\))?$/;

/** The first place where a text is no JSON; `undefined` if it is all JSON. */
export function findJsonFault(text: string): TextPlace | undefined {
  const offset = faultOffset(text) ?? lastBeginning(text);
  if (offset === Number.POSITIVE_INFINITY) return undefined;
  const lines = text.slice(0, offset).split(/\r\n|\r|\n/);
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1 };
}

/** What `JSON.parse` says of the place: `Infinity` if all is well, `undefined` if it names none. */
function faultOffset(text: string): number | undefined {
  try {
    JSON.parse(text);
    return Number.POSITIVE_INFINITY;
  } catch (error) {
    const { message } = error as SyntaxError;
    if (message === 'Unexpected end of JSON input') return text.length;
    const position = POSITION.exec(message)?.[1];
    return position === undefined ? undefined : Number(position);
  }
}

/** Where a text goes wrong that `JSON.parse` only quotes: behind the longest part that JSON could begin with. */
function lastBeginning(text: string): number {
  let [good, bad] = [0, text.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    const offset = faultOffset(text.slice(0, middle));
    if (offset !== undefined && offset >= middle) good = middle;
    else bad = middle;
  }
  return good;
}
