import { seeded } from '../../lib/explain/statistics.js';
import { thisMachine } from '../shared/machine.js';
import { Progress } from '../shared/progress.js';
import { Results } from '../shared/results.js';
import { type Allocation, measureAllocations } from './allocation.js';
import type { Cell, CellSummary } from './cell.js';
import { cpuChart, scenarioChart } from './charts.js';
import type { Findings } from './findings.js';
import { HELP, type Options, readOptions } from './options.js';
import { report } from './report.js';
import { ENTER_STEPS, fieldOf, measureRounds } from './rounds.js';
import type { Scenario } from './scenarios.js';
import { ServerProcess } from './server-process.js';
import { measureSleepers, planSleepers, type Sleepers } from './sleepers.js';
import { subjects } from './subjects/all.js';
import { BASELINE } from './subjects/axios.js';
import type { Subject } from './subjects/subject.js';
import { versions } from './versions.js';

/** What is to be done, with how many steps of progress each part is worth: about one per turn of a subject. */
class Plan {
  readonly all: readonly Subject[];
  readonly sleepers;
  /** Where allocation is measured: the small requests, without TLS. */
  readonly allocating: readonly Scenario[];
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
    this.all = subjects(options.otherBuild);
    this.sleepers = planSleepers(options.sleepers, options.otherBuild);
    this.allocating =
      options.allocations > 0 ? options.scenarios.filter(({ name }) => /^(?:get|post)$/.test(name)) : [];
  }

  get steps(): number {
    const { scenarios, rounds, sets } = this.#options;
    const turns = scenarios.map(
      (one) => fieldOf(one, this.all).length * (one.concurrencies.length * rounds + sets * ENTER_STEPS),
    );
    const allocations = this.allocating.length > 0 ? this.all.length * ALLOCATION_STEPS : 0;
    const naps = this.sleepers.map(({ count }) => sleeperSteps(count));
    return [...turns, allocations, ...naps].reduce((sum, steps) => sum + steps, 0);
  }
}

const ALLOCATION_STEPS = 20;
const sleeperSteps = (count: number): number => Math.ceil(count / 200);

async function measureAll(plan: Plan, server: ServerProcess, options: Options): Promise<Findings> {
  const progress = new Progress(plan.steps);
  const random = seeded(options.seed);
  const cells = await measureRounds({ server, subjects: plan.all, options, random, progress });
  const allocations = await allocate(plan, server, options, progress);
  const sleepers = await sleep(plan, server, options, progress);
  progress.end();
  const { rounds, sets, sliceMs, seed } = options;
  return {
    machine: thisMachine(),
    settings: { rounds, sets, sliceMs, seed, versions: versions() },
    cells: cells.map((cell) => summarize(cell, cells)),
    allocations,
    sleepers,
  };
}

function summarize(cell: Cell, cells: readonly Cell[]): CellSummary {
  const { scenario, concurrency } = cell;
  const baseline = cells.find(
    (other) => other.scenario === scenario && other.concurrency === concurrency && other.subject === BASELINE,
  );
  return cell.summary(baseline);
}

async function allocate(plan: Plan, server: ServerProcess, options: Options, progress: Progress) {
  const found: Allocation[] = [];
  const { allocations, otherBuild } = options;
  for (const subject of plan.allocating.length > 0 ? plan.all : []) {
    found.push(...(await measureAllocations(subject, plan.allocating, server, allocations, otherBuild)));
    progress.step(`allocation: ${subject.name}`, ALLOCATION_STEPS);
  }
  return found;
}

async function sleep(plan: Plan, server: ServerProcess, options: Options, progress: Progress) {
  const found: Sleepers[] = [];
  for (const one of plan.sleepers) {
    found.push(await measureSleepers(one, server, options.otherBuild));
    progress.step(`${one.count} requests asleep, ${one.method}: ${one.subject}`, sleeperSteps(one.count));
  }
  return found;
}

async function main(options: Options): Promise<void> {
  const server = await ServerProcess.start();
  try {
    const findings = await measureAll(new Plan(options), server, options);
    const results = new Results(options.directory);
    const text = report(findings, options.scenarios);
    results.json('bench.json', findings);
    results.text('bench.md', text);
    results.text('bench-cpu.svg', cpuChart(findings));
    results.text('bench-scenarios.svg', scenarioChart(findings, options.scenarios));
    process.stdout.write(`${text}\n`);
    process.stderr.write(`results in ${results}\n`);
  } finally {
    server.stop();
  }
}

async function start(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') process.stdout.write(`${HELP}\n`);
  else await main(options);
}

start().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
