import type { AxiosResponse } from 'axios';

/** How many requests ended with each status, or code of an error. */
export type Tally = Record<string, number>;

/** Makes `total` requests, `concurrency` of them at a time. */
export function drive(
  total: number,
  concurrency: number,
  request: () => Promise<AxiosResponse>,
): Promise<Tally> {
  let begun = 0;
  return driveWhile(() => begun++ < total, concurrency, request);
}

/** Makes requests for `ms` milliseconds, `concurrency` of them at a time. */
export function driveFor(
  ms: number,
  concurrency: number,
  request: () => Promise<AxiosResponse>,
): Promise<Tally> {
  const untilMs = performance.now() + ms;
  return driveWhile(() => performance.now() < untilMs, concurrency, request);
}

/** Makes requests until a condition holds, `concurrency` of them at a time; gives up after 10 s. */
export function driveUntil(
  condition: () => boolean,
  concurrency: number,
  request: () => Promise<AxiosResponse>,
): Promise<Tally> {
  const untilMs = performance.now() + 10_000;
  return driveWhile(() => !condition() && performance.now() < untilMs, concurrency, request);
}

async function driveWhile(
  goesOn: () => boolean,
  concurrency: number,
  request: () => Promise<AxiosResponse>,
): Promise<Tally> {
  const tally: Tally = {};
  const one = async (): Promise<void> => {
    while (goesOn()) {
      const outcome = await request().then(
        ({ status }) => status,
        (error: { code?: string }) => error.code ?? 'unknown',
      );
      tally[outcome] = (tally[outcome] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, one));
  return tally;
}
