import { join } from 'node:path';
import { Child } from './child.js';
import type { ServerProcess } from './server-process.js';
import { OTHER_BUILD, OURS } from './subjects/all.js';
import { BUILD } from './subjects/policy.js';

/** What a process is to put to sleep. */
export interface SleeperTask {
  readonly subject: string;
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly count: number;
  /** Of the product. */
  readonly build: string;
}

/** What a request that waits for its retry weighs. */
export interface SleeperResult {
  readonly bytesPerRequest: number;
  readonly failed: number;
}

/** With what was measured. */
export interface Sleepers {
  readonly subject: string;
  readonly method: 'GET' | 'POST';
  readonly count: number;
  /** `null` if it could not be measured. */
  readonly bytesPerRequest: number | null;
  readonly problem?: string;
}

/** What is to be measured. */
export interface SleeperPlan {
  readonly subject: string;
  readonly method: 'GET' | 'POST';
  readonly count: number;
}

const FLOOR = 'a promise and a timer';

/** All at the first count, those that can bear it at the others. */
export function planSleepers(
  [first, ...more]: readonly number[],
  otherBuild: string | undefined,
): SleeperPlan[] {
  if (first === undefined) return [];
  const own = otherBuild === undefined ? [OURS] : [OURS, OTHER_BUILD];
  const plan = (subjects: readonly string[], method: 'GET' | 'POST', count: number): SleeperPlan[] =>
    subjects.map((subject) => ({ subject, method, count }));
  return [
    ...plan([FLOOR, 'axios-retry', 'retry-axios', ...own], 'GET', first),
    ...plan(['axios-retry', ...own], 'POST', first),
    ...more.flatMap((count) => plan([FLOOR, ...own], 'GET', count)),
  ];
}

/** How long a process may take: a slow machine does a few hundred in a second. */
const PATIENCE_MS = 30_000;
const PATIENCE_PER_REQUEST_MS = 5;

/** Puts requests to sleep in a process of their own. */
export async function measureSleepers(
  { subject, method, count }: SleeperPlan,
  server: ServerProcess,
  otherBuild: string | undefined,
): Promise<Sleepers> {
  const { url } = server.target({ wire: 'http', method, expects: 'json', path: '/unavailable' });
  const isOther = subject === OTHER_BUILD && otherBuild !== undefined;
  const task: SleeperTask = {
    subject: isOther ? OURS : subject,
    method,
    url,
    count,
    build: isOther ? otherBuild : BUILD,
  };
  const options = ['--expose-gc', '--max-old-space-size=4096'];
  const child = new Child<object, SleeperResult>(
    join(__dirname, 'sleeper.js'),
    [JSON.stringify(task)],
    options,
  );
  try {
    const { bytesPerRequest, failed } = await child.next(PATIENCE_MS + count * PATIENCE_PER_REQUEST_MS);
    const problem = failed > 0 ? { problem: `${failed} requests failed instead of sleeping` } : {};
    return { subject, method, count, bytesPerRequest: Math.round(bytesPerRequest), ...problem };
  } catch (error) {
    return { subject, method, count, bytesPerRequest: null, problem: String(error) };
  } finally {
    child.kill();
  }
}
