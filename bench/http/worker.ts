/** A client, a process of its own, with one subject. */
import { check } from './payloads.js';
import type { Target } from './scenarios.js';
import { subjects } from './subjects/all.js';
import type { Send, Subject } from './subjects/subject.js';
import type { Order, Task, TaskResult } from './worker-process.js';

/** The target it has open, and how to send to it. */
let send: Send = () => Promise.reject(new Error('there is nothing to send'));
let expects: Target['expects'] = 'json';

async function run({ concurrency, durationMs = 0, requests = 0, limitMs }: Task): Promise<TaskResult> {
  const latenciesMs: number[] = [];
  const failures: string[] = [];
  globalThis.gc?.();
  const heapBefore = process.memoryUsage().heapUsed;
  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  let begun = 0;
  const isEnough = (): boolean => {
    const elapsedMs = performance.now() - startedMs;
    return elapsedMs >= durationMs && (begun >= requests || elapsedMs >= (limitMs ?? Infinity));
  };
  const lane = async (): Promise<void> => {
    do {
      begun += 1;
      const sentMs = performance.now();
      try {
        check(expects, await send());
        latenciesMs.push(performance.now() - sentMs);
      } catch (error) {
        failures.push(String(error));
      }
    } while (!isEnough());
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    elapsedMs: performance.now() - startedMs,
    cpuUs: user + system,
    heapBytes: process.memoryUsage().heapUsed - heapBefore,
    latenciesMs: Float64Array.from(latenciesMs),
    failed: failures.length,
    failure: failures[0],
  };
}

async function obey(subject: Subject, order: Order): Promise<TaskResult | object> {
  if ('run' in order) return run(order.run);
  send = await subject.open(order.open);
  expects = order.open.expects;
  return {};
}

function main([, , name, otherBuild]: readonly string[]): void {
  const subject = subjects(otherBuild).find((candidate) => candidate.name === name);
  if (subject === undefined) throw new Error(`there is no subject ${name}`);
  process.on('disconnect', () => process.exit());
  process.on('message', (order) => {
    // What fails here ends the process, and so is seen.
    void obey(subject, order as Order).then((result) => process.send?.(result));
  });
  process.send?.({});
}

main(process.argv);
