import { simulate } from '../../lib/cli/simulate/fleet.js';
import type { Policy } from '../../lib/cli/simulate/policies.js';
import type { Scenario } from '../../lib/cli/simulate/scenario.js';
import { type Measures, measure } from '../../lib/cli/simulate/study.js';
import { Progress } from '../shared/progress.js';
import { Results } from '../shared/results.js';
import { budgetChart, policyChart } from './charts.js';
import { HELP, type Options, readOptions } from './options.js';
import { ALTERNATIVES, POLICIES } from './policies/all.js';
import { report } from './report.js';
import { type Summary, summarize } from './summary.js';

/** Runs that differ by their seed only. */
interface Job {
  readonly scenario: Scenario;
  readonly policy: Policy;
  readonly clients: number;
}

function jobs({ scenarios, fleets }: Options): Job[] {
  return scenarios.flatMap((scenario) =>
    POLICIES.flatMap((policy) => fleetsOf(policy, fleets).map((clients) => ({ scenario, policy, clients }))),
  );
}

function fleetsOf(policy: Policy, fleets: readonly number[]): readonly number[] {
  if (!policy.remembers) return fleets.slice(0, 1);
  // What they are to improve on is the lot of the quietest clients.
  return ALTERNATIVES.includes(policy) ? [Math.max(...fleets)] : fleets;
}

function run({ scenario, policy, clients }: Job, options: Options, progress: Progress): Summary {
  const { seeds, aftermathMs } = options;
  const runs: Measures[] = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    runs.push(measure(simulate({ scenario, policy, clients, seed, aftermathMs }), scenario));
    progress.step(`${scenario.name}: ${policy.name}, ${clients} clients, seed ${seed}`);
  }
  const key = {
    scenario: scenario.name,
    policy: policy.name,
    clients: policy.remembers ? clients : null,
  };
  return summarize(key, runs);
}

function main(options: Options): void {
  const todo = jobs(options);
  const progress = new Progress(todo.length * options.seeds);
  const summaries = todo.map((job) => run(job, options, progress));
  progress.end();

  const { scenarios, fleets, seeds, aftermathMs, directory } = options;
  const results = new Results(directory);
  results.json('simulation.json', { seeds, fleets, aftermathMs, summaries });
  const text = report(scenarios, summaries, aftermathMs);
  results.text('simulation.md', text);
  for (const scenario of scenarios) {
    results.text(`goodput-${scenario.name}.svg`, policyChart(scenario, summaries));
    results.text(`budgets-${scenario.name}.svg`, budgetChart(scenario, summaries));
  }
  process.stdout.write(`${text}\n`);
  progress.note(`results in ${results}`);
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') process.stdout.write(`${HELP}\n`);
  else main(options);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
