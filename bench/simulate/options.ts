import { parseArgs } from 'node:util';
import type { Scenario } from '../../lib/cli/simulate/scenario.js';
import { QUICK_RESULTS, RESULTS } from '../shared/results.js';
import { AFTERMATH_MS, SCENARIOS } from './scenarios.js';

/** What to simulate. */
export interface Options {
  readonly seeds: number;
  /** Numbers of clients. */
  readonly fleets: readonly number[];
  readonly scenarios: readonly Scenario[];
  /** How long a run goes on after the trouble. */
  readonly aftermathMs: number;
  readonly directory: string;
}

/** Of 100, 10, 1 and a tenth of a request per second each. */
const FLEETS = [3, 30, 300, 3000];

export const HELP = `npm run simulate -- [options]
  --seeds n           runs of each, each with random numbers of its own (5)
  --fleets a,b,…      numbers of clients (${FLEETS}); 100000 takes some minutes more
  --scenarios a,b,…   of ${SCENARIOS.map(({ name }) => name).join(', ')} (all)
  --aftermath n       seconds that a run goes on after the trouble (${AFTERMATH_MS / 1000})
  --out directory     for the results (bench/results)
  --quick             one seed, one fleet, the brown-outs only, results into bench/dist/quick`;

/** Reads the command line. Throws what is wrong with it. */
export function readOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string' },
      fleets: { type: 'string' },
      scenarios: { type: 'string' },
      aftermath: { type: 'string' },
      out: { type: 'string' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const { quick } = values;
  return {
    seeds: values.seeds === undefined ? (quick ? 1 : 5) : positive(values.seeds),
    fleets: values.fleets?.split(',').map(positive) ?? (quick ? [300] : FLEETS),
    scenarios: chosen(values.scenarios ?? (quick ? 'brown-out-deep,brown-out-shallow' : undefined)),
    aftermathMs: values.aftermath === undefined ? AFTERMATH_MS : 1000 * positive(values.aftermath),
    directory: values.out ?? (quick ? QUICK_RESULTS : RESULTS),
  };
}

function positive(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new Error(`${text} is no positive integer`);
}

function chosen(names: string | undefined): readonly Scenario[] {
  if (names === undefined) return SCENARIOS;
  return names.split(',').map((name) => {
    const scenario = SCENARIOS.find((candidate) => candidate.name === name);
    if (scenario === undefined) throw new Error(`there is no scenario ${name}\n${HELP}`);
    return scenario;
  });
}
