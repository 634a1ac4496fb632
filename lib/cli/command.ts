import { quote } from '../config/render.js';
import { PolicyConfigError } from '../errors.js';
import { type Command, parseArguments, wrongUsage } from './arguments.js';
import { explainCommand } from './explain-command.js';
import { CommandError, type CommandIo, type ExitCode } from './io.js';
import { probeCommand } from './probe/command.js';
import { simulateCommand } from './simulate/command.js';

const COMMANDS: readonly Command[] = [explainCommand, probeCommand, simulateCommand];

const USAGE = `Usage: axios-policy COMMAND [options]

  explain [config.json]        says what a configuration means
  probe URL [config.json]      asks a server twice, and says which options follow from what it saw
  simulate [config.json]       says what a configuration does to a server in trouble

Options:
  -h, --help     this text; after a command, the help of that command
  -v, --version  the version of axios-policy
`;

async function run(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const at = args.findIndex((arg) => !arg.startsWith('-'));
  const name = args[at];
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (name !== undefined && command === undefined)
    throw wrongUsage(`unknown command ${quote(name)}`, command);
  const own = args.filter((_, index) => index !== at);
  const { values, positionals } = parseArguments(own, command);
  if (values.help) io.out(command?.usage ?? USAGE);
  else if (values.version) io.out(`${io.version()}\n`);
  else if (command === undefined) throw wrongUsage('no command', command);
  else return command.run(values, positionals, io);
  return 0;
}

/**
 * The program `axios-policy`.
 *
 * @param args of the command line, without the program.
 */
export async function runCommand(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  try {
    return await run(args, io);
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
