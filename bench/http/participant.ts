import type { Scenario } from './scenarios.js';
import type { ServerProcess } from './server-process.js';
import type { Subject } from './subjects/subject.js';
import { type Task, type TaskResult, WorkerProcess } from './worker-process.js';

/** One turn of a subject. */
export interface Turn extends TaskResult {
  /** Connections opened meanwhile. */
  readonly connections: number;
}

/** A turn that came to nothing. */
export interface LostTurn {
  readonly lost: string;
}

// Connections that a client has given up since its last turn are opened anew before the clock starts.
const LEAD_IN_MS = 15;
// A subject that breaks down again and again is no longer asked, or it would take the time of all others.
const MAX_BREAKDOWNS = 3;
/** The most that warming up may take, per scenario. */
const WARM_UP_LIMIT_MS = 2500;

/** A subject, with the process that runs it; a process that breaks down is replaced. */
export class Participant {
  readonly subject: Subject;
  readonly #server: ServerProcess;
  readonly #otherBuild: string | undefined;
  #scenario: Scenario | undefined;
  #warmUp = 0;
  #worker: WorkerProcess | undefined;
  #breakdowns = 0;

  constructor(subject: Subject, server: ServerProcess, otherBuild: string | undefined) {
    this.subject = subject;
    this.#server = server;
    this.#otherBuild = otherBuild;
  }

  /** Turns to a scenario: opens the target, has the code compiled and the connections opened. */
  async enter(scenario: Scenario, warmUp: number): Promise<LostTurn | undefined> {
    this.#scenario = scenario;
    this.#warmUp = warmUp;
    this.#breakdowns = 0;
    const entered = await this.#attempt(async (worker) => {
      await this.#prepare(worker, scenario);
      return {};
    });
    return 'lost' in entered ? entered : undefined;
  }

  /** Takes a turn. */
  async turn(task: Task): Promise<Turn | LostTurn> {
    const wire = this.#scenario?.wire ?? 'none';
    return this.#attempt(async (worker) => {
      await worker.run({ ...task, durationMs: LEAD_IN_MS });
      const before = await this.#server.opened(wire);
      const result = await worker.run(task);
      return { ...result, connections: (await this.#server.opened(wire)) - before };
    });
  }

  stop(): void {
    this.#worker?.stop();
    this.#worker = undefined;
  }

  async #attempt<Result extends object>(
    run: (worker: WorkerProcess) => Promise<Result>,
  ): Promise<Result | LostTurn> {
    if (this.#breakdowns >= MAX_BREAKDOWNS) return { lost: `broke down ${MAX_BREAKDOWNS} times` };
    try {
      this.#worker ??= await this.#start();
      return await run(this.#worker);
    } catch (error) {
      this.#breakdowns += 1;
      this.stop();
      return { lost: String(error) };
    }
  }

  async #start(): Promise<WorkerProcess> {
    const worker = await WorkerProcess.start(this.subject.name, this.#otherBuild);
    // After a breakdown in the midst of a scenario the new process has to be brought there.
    if (this.#breakdowns > 0 && this.#scenario) await this.#prepare(worker, this.#scenario);
    return worker;
  }

  async #prepare(worker: WorkerProcess, scenario: Scenario): Promise<void> {
    await worker.open(this.#server.target(scenario));
    const concurrency = Math.max(...scenario.concurrencies);
    await worker.run({ concurrency, requests: this.#warmUp, limitMs: WARM_UP_LIMIT_MS });
  }
}
