import { parseArgs } from 'node:util';
import { QUICK_RESULTS, RESULTS } from '../shared/results.js';
import { SCENARIOS, type Scenario } from './scenarios.js';

/** What to measure, and how long. */
export interface Options {
  /** Turns of every subject. */
  readonly rounds: number;
  /** Sets of fresh processes that the rounds are spread over. */
  readonly sets: number;
  /** Length of a turn. */
  readonly sliceMs: number;
  /** How thoroughly to warm up: a factor on what the scenarios say. */
  readonly warmUp: number;
  readonly scenarios: readonly Scenario[];
  /** Numbers of requests asleep at once; the second is for the leanest subjects. Empty = not measured. */
  readonly sleepers: readonly number[];
  /** Requests whose allocation is measured. 0 = not measured. */
  readonly allocations: number;
  readonly otherBuild: string | undefined;
  /** Of the order of turns. */
  readonly seed: number;
  readonly directory: string;
}

export const HELP = `npm run bench -- [options]
  --rounds n         turns of every subject (20)
  --sets n           sets of fresh processes that the rounds are spread over (4)
  --slice ms         length of a turn (100)
  --scenarios a,b,…  of ${SCENARIOS.map(({ name }) => name).join(', ')} (all)
  --sleepers a,b     requests asleep at once; the second number for axios-policy only (10000,100000); 0 = none
  --against file     entry of another build of the product, such as an older dist/cjs/index.js, to compare with;
                     relative to bench
  --seed n           of the order of turns (by the clock)
  --out directory    for the results (bench/results)
  --quick            a sanity check of less than a minute: few and short turns, no allocations, results into bench/dist/quick`;

/** Reads the command line. Throws what is wrong with it. */
export function readOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string' },
      sets: { type: 'string' },
      slice: { type: 'string' },
      scenarios: { type: 'string' },
      sleepers: { type: 'string' },
      against: { type: 'string' },
      seed: { type: 'string' },
      out: { type: 'string' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const { quick } = values;
  const usual = quick ? QUICK : STANDARD;
  const sleepers = values.sleepers?.split(',').map((text) => count(text, '--sleepers'));
  return {
    rounds: count(values.rounds, '--rounds', usual.rounds),
    sets: Math.max(1, count(values.sets, '--sets', usual.sets)),
    sliceMs: count(values.slice, '--slice', usual.sliceMs),
    warmUp: usual.warmUp,
    scenarios: chosen(values.scenarios),
    sleepers: (sleepers ?? usual.sleepers).filter((number) => number > 0),
    allocations: usual.allocations,
    otherBuild: values.against,
    seed: count(values.seed, '--seed', Date.now() % 2 ** 31),
    directory: values.out ?? (quick ? QUICK_RESULTS : RESULTS),
  };
}

const STANDARD = {
  rounds: 20,
  sets: 4,
  sliceMs: 100,
  warmUp: 1,
  sleepers: [10_000, 100_000],
  allocations: 400,
};
const QUICK = { rounds: 2, sets: 1, sliceMs: 30, warmUp: 0.02, sleepers: [1000], allocations: 0 };

function count(text: string | undefined, option: string, usual = 0): number {
  const number = text === undefined ? usual : Number(text);
  if (Number.isInteger(number) && number >= 0) return number;
  throw new Error(`${option} takes integers of at least 0, not ${text}`);
}

function chosen(names: string | undefined): readonly Scenario[] {
  if (names === undefined) return SCENARIOS;
  return names.split(',').map((name) => {
    const scenario = SCENARIOS.find((candidate) => candidate.name === name);
    if (scenario === undefined) throw new Error(`there is no scenario ${name}\n${HELP}`);
    return scenario;
  });
}
