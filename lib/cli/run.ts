import { quote } from '../config/render.js';
import { PolicyConfigError } from '../errors.js';
import { explainPolicy, renderExplanation } from '../explain/index.js';
import {
  type Command,
  CommandError,
  type CommandIo,
  type ExitCode,
  parseArguments,
  wrongUsage,
} from './command.js';
import { CONFIG_USAGE, readConfig } from './config-file.js';
import { probeCommand } from './probe/command.js';
import { simulateCommand } from './simulate/command.js';

/** `axios-policy explain`: the meaning of a configuration. */
const explainCommand: Command = {
  name: 'explain',
  usage: `Usage: axios-policy explain [options] [config.json]

Says what a configuration means: every field with its default and the reason for it, what is
retried, the delays, and the longest that a request may take.

${CONFIG_USAGE}
                without either, the defaults are explained

Options:
  --json        the explanation as JSON
  -h, --help    this text

Exit code: 0 done, 1 the configuration is wrong or cannot be read, 2 the command line is wrong.
`,
  options: { json: { type: 'boolean' } },
  positionals: 1,
  async run(values, [source], io) {
    const explanation = explainPolicy(await readConfig(source, io));
    io.out(values.json ? `${JSON.stringify(explanation, null, 2)}\n` : renderExplanation(explanation));
    return 0;
  },
};

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
