import type { CommandIo } from '../../lib/cli/command.js';
import { runCommand } from '../../lib/cli/run.js';

export const { version } = require('../../package.js') as { version: string };

/**
 * Runs the command within this process.
 *
 * @param files those it finds, and afterwards what it writes; there are no folders.
 * @param broken parts of its surroundings that do otherwise.
 */
export async function command(
  args: readonly string[],
  files: Record<string, string> = {},
  stdin = '',
  broken: Partial<CommandIo> = {},
) {
  let out = '';
  let err = '';
  const io: CommandIo = {
    readFile: async (path) => {
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error('none'), { code: 'ENOENT' });
      return text;
    },
    writeFile: async (path, text) => {
      if (path.includes('/')) throw Object.assign(new Error('none'), { code: 'ENOENT' });
      files[path] = text;
    },
    readStdin: async () => stdin,
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    version: () => version,
    ...broken,
  };
  return { exitCode: await runCommand(args, io), out, err };
}
