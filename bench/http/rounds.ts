import type { Random } from '../../lib/explain/statistics.js';
import type { Progress } from '../shared/progress.js';
import { shuffled } from '../shared/random.js';
import { Cell } from './cell.js';
import type { Options } from './options.js';
import { Participant } from './participant.js';
import type { Scenario } from './scenarios.js';
import type { ServerProcess } from './server-process.js';
import type { Subject } from './subjects/subject.js';

/** What measuring takes. */
export interface Setup {
  readonly server: ServerProcess;
  readonly subjects: readonly Subject[];
  readonly options: Options;
  readonly random: Random;
  readonly progress: Progress;
}

/** What entering a scenario is worth in steps of progress: warming up takes as long as so many turns. */
export const ENTER_STEPS = 8;

/** Subjects that can take part in a scenario. */
export function fieldOf(scenario: Scenario, subjects: readonly Subject[]): readonly Subject[] {
  return subjects.filter(({ wires }) => wires.includes(scenario.wire));
}

/**
 * Measures all scenarios. In every round every subject has its turn, one after the other and in random order, so that
 * whatever the machine is doing besides, it does to all of them. Every so many rounds the processes are fresh ones,
 * because how a process happens to be compiled and laid out is luck, and stays with it.
 */
export async function measureRounds(setup: Setup): Promise<Cell[]> {
  const { options, subjects, server } = setup;
  const cells = options.scenarios.flatMap((scenario) =>
    scenario.concurrencies.flatMap((concurrency) =>
      fieldOf(scenario, subjects).map(({ name }) => new Cell(scenario, concurrency, name)),
    ),
  );
  const perSet = Math.ceil(options.rounds / options.sets);
  for (let first = 0; first < options.rounds; first += perSet) {
    const participants = subjects.map((subject) => new Participant(subject, server, options.otherBuild));
    const rounds = Math.min(perSet, options.rounds - first);
    for (const scenario of options.scenarios) {
      await playScenario(scenario, participants, { first, rounds }, cells, setup);
    }
    for (const participant of participants) participant.stop();
  }
  return cells;
}

async function playScenario(
  scenario: Scenario,
  all: readonly Participant[],
  { first, rounds }: { readonly first: number; readonly rounds: number },
  cells: readonly Cell[],
  { options, random, progress }: Setup,
): Promise<void> {
  const field = all.filter(({ subject }) => subject.wires.includes(scenario.wire));
  for (const participant of field) {
    const lost = await participant.enter(scenario, Math.round(scenario.warmUp * options.warmUp));
    progress.step(`${scenario.title}: ${participant.subject.name} warms up`, ENTER_STEPS);
    if (lost) progress.note(`${scenario.title}: ${participant.subject.name}: ${lost.lost}`);
  }
  for (let round = first; round < first + rounds; round += 1) {
    for (const concurrency of scenario.concurrencies) {
      for (const participant of shuffled(field, random)) {
        const turn = await participant.turn({ concurrency, durationMs: options.sliceMs });
        cellOf(cells, scenario, concurrency, participant.subject.name)?.add(turn);
        progress.step(`${scenario.title}, ${concurrency} at once, round ${round + 1} of ${options.rounds}`);
      }
    }
  }
}

function cellOf(cells: readonly Cell[], scenario: Scenario, concurrency: number, subject: string) {
  return cells.find(
    (cell) => cell.scenario === scenario && cell.concurrency === concurrency && cell.subject === subject,
  );
}
