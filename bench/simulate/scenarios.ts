import { type Scenario, serverOf } from '../../lib/cli/simulate/scenario.js';
import type { ServerSize } from '../../lib/cli/simulate/server.js';

/** Requests per second of the whole fleet: three quarters of what the server can do. */
export const OFFERED_RPS = 300;
/** After the trouble, unless told otherwise. */
export const AFTERMATH_MS = 100_000;

const CAPACITY_RPS = 400;
const SERVICE_MS = 50;
const DEEP = serverOf(CAPACITY_RPS, SERVICE_MS, 2000);
const SHALLOW = serverOf(CAPACITY_RPS, SERVICE_MS, 200);

/** The same in all of them. */
const LOAD = { offeredRps: OFFERED_RPS, attemptTimeoutMs: 1000, promptMs: 1000 };

const outage = (seconds: number): Scenario => ({
  name: `outage-${seconds}s`,
  ...LOAD,
  title: `full outage of ${seconds} s`,
  server: SHALLOW,
  trouble: { down: true },
  troubleMs: seconds * 1000,
  possibleRps: 0,
});

const faults = (percent: number): Scenario => ({
  name: `faults-${percent}`,
  ...LOAD,
  title: `${percent} % of attempts fail for 30 s`,
  server: SHALLOW,
  trouble: { faultRate: percent / 100 },
  troubleMs: 30_000,
  possibleRps: OFFERED_RPS,
});

const stalls = (percent: number): Scenario => ({
  name: `stalls-${percent}`,
  ...LOAD,
  title: `${percent} % of attempts get no answer for 30 s`,
  server: SHALLOW,
  trouble: { stallRate: percent / 100 },
  troubleMs: 30_000,
  possibleRps: OFFERED_RPS,
});

const brownOut = (name: string, queue: string, size: ServerSize): Scenario => ({
  name: `brown-out-${name}`,
  ...LOAD,
  title: `half the capacity for 30 s, ${queue}`,
  server: size,
  trouble: { workers: 0.5 },
  troubleMs: 30_000,
  possibleRps: CAPACITY_RPS / 2,
});

/** The standard set. */
export const SCENARIOS: readonly Scenario[] = [
  brownOut('deep', 'queue of 2 s', DEEP),
  brownOut('shallow', 'queue of 0.2 s', SHALLOW),
  outage(1),
  outage(2),
  outage(5),
  faults(25),
  faults(50),
  stalls(50),
  {
    ...LOAD,
    name: 'rate-limit',
    title: '200 requests/s let in for 10 s, the others 429 with Retry-After: 2',
    server: SHALLOW,
    trouble: { quota: { rps: 200, retryAfter: '2' } },
    troubleMs: 10_000,
    possibleRps: 200,
  },
];
