import { formatDuration } from '../../config/duration.js';
import { resolvePolicy } from '../../config/resolve.js';
import { type Command, CommandError, type CommandIo, type OptionValues, wrongUsage } from '../command.js';
import { CONFIG_USAGE, fileName, fileProblem, readConfig } from '../config-file.js';
import { renderPage } from './html.js';
import { CALM_MS, readDuration, readTrouble, type Scenario, serverOf, TROUBLE_EXPECTED } from './scenario.js';
import { leastAftermathMs, type Study, study } from './study.js';
import { renderStudy } from './text.js';

/** More would take minutes, and gigabytes of memory. */
const MOST_REQUESTS = 2_000_000;

/** `axios-policy simulate`: the load that a configuration puts on a server in trouble. */
export const simulateCommand: Command = {
  name: 'simulate',
  usage: `Usage: axios-policy simulate [options] [config.json]

Says what the retries of a configuration do to a server in trouble: how soon it is well again, how
many requests succeed, and how many attempts it is sent; beside the defaults and beside no retries.
Nothing is sent: clients and server are simulated, the decisions are the package's own code.

${CONFIG_USAGE}
                without either, the defaults are simulated

Options:
  --clients 300            processes, each with a budget of its own
  --rps 300                requests per second of all of them together
  --capacity 400           requests per second that the server can answer
  --latency 50ms           how long it takes for one, on average
  --queue 200ms            how long a request may wait in its queue; others are answered 503
  --trouble outage:5s      what happens, and for how long; or one of
                             brown-out:50%:30s    so much of the capacity is gone
                             faults:50%:30s       so many attempts are answered 503
                             stalls:50%:30s       so many attempts get no answer
                             rate-limit:200:10s   so many per second are let in, the others get 429
  --after 60s              how long the run goes on after the trouble
  --seed 1                 another number, other random moments
  --recover-within 10s     exit code 1 if the server is not well again so soon after the trouble
  --html report.html       writes a page with charts
  --json                   the result as JSON
  -h, --help               this text

Exit code: 0 done, 1 the configuration is wrong, a file cannot be read or written, or the server is
not well again within --recover-within, 2 the command line is wrong.
`,
  options: {
    clients: { type: 'string', default: '300' },
    rps: { type: 'string', default: '300' },
    capacity: { type: 'string', default: '400' },
    latency: { type: 'string', default: '50ms' },
    queue: { type: 'string', default: '200ms' },
    trouble: { type: 'string', default: 'outage:5s' },
    after: { type: 'string', default: '60s' },
    seed: { type: 'string', default: '1' },
    'recover-within': { type: 'string' },
    html: { type: 'string' },
    json: { type: 'boolean' },
  },
  positionals: 1,
  async run(values, [source], io) {
    const { recoverWithinMs, ...setting } = readSetting(values);
    const own = resolvePolicy(await readConfig(source, io));
    const attemptTimeoutMs = own.client.timeoutMs || Number.POSITIVE_INFINITY;
    const scenario = { ...setting.scenario, attemptTimeoutMs };
    const done = study({ ...setting, scenario }, own, resolvePolicy({}));
    io.out(values.json ? `${JSON.stringify(done, null, 2)}\n` : renderStudy(done));
    if (typeof values.html === 'string') await writePage(values.html, done, io);
    return isWellAgain(done, recoverWithinMs) ? 0 : 1;
  },
};

interface ReadSetting extends Omit<Study['setting'], 'scenario'> {
  readonly scenario: Omit<Scenario, 'attemptTimeoutMs'>;
  readonly recoverWithinMs: number | undefined;
}

function readSetting(values: OptionValues): ReadSetting {
  const [clients, offeredRps, capacityRps] = [
    whole(values, 'clients', 1_000_000),
    whole(values, 'rps', 100_000),
    whole(values, 'capacity', 100_000),
  ];
  const aftermathMs = span(values, 'after');
  const trouble = readTrouble(String(values.trouble), { capacityRps, offeredRps });
  if (trouble === undefined) throw wrongUsage(`--trouble: expected ${TROUBLE_EXPECTED}`, simulateCommand);
  const requests = ((CALM_MS + trouble.troubleMs + aftermathMs) * offeredRps) / 1000;
  if (requests > MOST_REQUESTS) {
    const advice = `at most ${MOST_REQUESTS} can be simulated`;
    throw wrongUsage(
      `${Math.round(requests)} requests are too many, ${advice}: take less of --rps, --trouble or --after`,
      simulateCommand,
    );
  }
  const latencyMs = span(values, 'latency');
  const server = serverOf(capacityRps, latencyMs, span(values, 'queue'));
  const recoverWithinMs = values['recover-within'] === undefined ? undefined : span(values, 'recover-within');
  // A slow server that is well is not prompt within a second.
  const scenario = { ...trouble, server, offeredRps, promptMs: Math.max(1000, 10 * latencyMs) };
  const leastMs = leastAftermathMs(scenario);
  if (aftermathMs < leastMs) {
    throw wrongUsage(
      `--after: at least ${formatDuration(leastMs)} tell if the server is well again`,
      simulateCommand,
    );
  }
  return { scenario, clients, seed: whole(values, 'seed', 2 ** 31), aftermathMs, recoverWithinMs };
}

function whole(values: OptionValues, option: string, most: number): number {
  const text = String(values[option]);
  const number = /^\d+$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= most) return number;
  throw wrongUsage(`--${option}: expected a whole number from 1 to ${most}`, simulateCommand);
}

function span(values: OptionValues, option: string): number {
  const ms = readDuration(String(values[option]));
  if (ms !== undefined) return ms;
  throw wrongUsage(`--${option}: expected a duration above 0 such as '5s'`, simulateCommand);
}

async function writePage(path: string, done: Study, io: CommandIo): Promise<void> {
  try {
    await io.writeFile(path, renderPage(done));
  } catch (error) {
    throw new CommandError(1, `cannot write ${fileName(path)}: ${fileProblem(error)}`);
  }
  io.err(`axios-policy: the page is in ${fileName(path)}\n`);
}

function isWellAgain({ results }: Study, withinMs: number | undefined): boolean {
  if (withinMs === undefined) return true;
  const recoveryMs = results[0]?.recoveryMs ?? Number.POSITIVE_INFINITY;
  return recoveryMs <= withinMs;
}
