import { join } from 'node:path';
import { Child } from './child.js';
import type { Target } from './scenarios.js';

/** What a client is told to do: to send for a while, or so many requests. */
export interface Task {
  readonly concurrency: number;
  /** No request begins after it, unless `requests` are wanted. */
  readonly durationMs?: number;
  /** At least so many. */
  readonly requests?: number;
  /** No request begins after it at all. */
  readonly limitMs?: number;
}

/** What came of it. */
export interface TaskResult {
  readonly elapsedMs: number;
  /** User and system time of the client's process. */
  readonly cpuUs: number;
  /** How much the heap has grown. */
  readonly heapBytes: number;
  /** Of each request that succeeded. */
  readonly latenciesMs: Float64Array;
  readonly failed: number;
  /** What the first failure said. */
  readonly failure: string | undefined;
}

/** What is said to a client; it answers the first with an empty object. */
export type Order = { readonly open: Target } | { readonly run: Task };

const START_MS = 20_000;
// A client that does not come to an end is a result, too; it need not take all day.
const STALL_MS = 5000;

/** A client in a process of its own, so that no subject lives with the garbage and the compiled code of another. */
export class WorkerProcess {
  readonly #child: Child<Order, TaskResult>;

  private constructor(child: Child<Order, TaskResult>) {
    this.#child = child;
  }

  /** Starts a client; it is ready when this resolves. */
  static async start(
    subject: string,
    otherBuild: string | undefined,
    nodeOptions: readonly string[] = [],
  ): Promise<WorkerProcess> {
    const args = otherBuild === undefined ? [subject] : [subject, otherBuild];
    const child = new Child<Order, TaskResult>(join(__dirname, 'worker.js'), args, nodeOptions);
    await child.next(START_MS);
    return new WorkerProcess(child);
  }

  /** Gives it something to send. */
  async open(target: Target): Promise<void> {
    await this.#ask({ open: target }, START_MS);
  }

  /** Has it send. */
  run(task: Task): Promise<TaskResult> {
    return this.#ask({ run: task }, (task.limitMs ?? task.durationMs ?? 0) + STALL_MS);
  }

  stop(): void {
    this.#child.kill();
  }

  async #ask(order: Order, timeoutMs: number): Promise<TaskResult> {
    try {
      return await this.#child.ask(order, timeoutMs);
    } catch (error) {
      // It is of no use any more.
      this.stop();
      throw error;
    }
  }
}
