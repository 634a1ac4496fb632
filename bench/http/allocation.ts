import { median } from '../shared/statistics.js';
import type { Scenario } from './scenarios.js';
import type { ServerProcess } from './server-process.js';
import type { Subject } from './subjects/subject.js';
import { WorkerProcess } from './worker-process.js';

/** What a request leaves to the garbage collector. */
export interface Allocation {
  readonly scenario: string;
  readonly subject: string;
  /** On the heap, so without the memory of buffers; `null` if it could not be measured. */
  readonly bytesPerRequest: number | null;
  readonly problem?: string;
}

// With so large a nursery nothing is collected meanwhile, and the growth of the heap is what was allocated.
const NO_COLLECTION = ['--expose-gc', '--min-semi-space-size=128', '--max-semi-space-size=128'];
const REPEATS = 5;
const WARM_UP = { concurrency: 50, requests: 2000, limitMs: 2500 };

/** Measures what a subject allocates per request, one request after the other. */
export async function measureAllocations(
  subject: Subject,
  scenarios: readonly Scenario[],
  server: ServerProcess,
  requests: number,
  otherBuild: string | undefined,
): Promise<Allocation[]> {
  const found: Allocation[] = [];
  const key = (scenario: Scenario) => ({ scenario: scenario.name, subject: subject.name });
  try {
    const worker = await WorkerProcess.start(subject.name, otherBuild, NO_COLLECTION);
    for (const scenario of scenarios) {
      await worker.open(server.target(scenario));
      await worker.run(WARM_UP);
      found.push({ ...key(scenario), bytesPerRequest: await sample(worker, requests) });
    }
    worker.stop();
  } catch (error) {
    const missing = scenarios.slice(found.length);
    found.push(
      ...missing.map((scenario) => ({ ...key(scenario), bytesPerRequest: null, problem: String(error) })),
    );
  }
  return found;
}

async function sample(worker: WorkerProcess, requests: number): Promise<number> {
  const samples: number[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    const { heapBytes, latenciesMs } = await worker.run({ concurrency: 1, requests });
    samples.push(heapBytes / latenciesMs.length);
  }
  return Math.round(median(samples));
}
