import { explainPolicy } from '../explain/explain.js';
import { renderExplanation } from '../explain/render.js';
import type { Command } from './arguments.js';
import { CONFIG_USAGE, readConfig } from './config-file.js';

/** `axios-policy explain`: the meaning of a configuration. */
export const explainCommand: Command = {
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
