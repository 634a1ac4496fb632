import type { ServerSize, Trouble } from './server.js';

/** What happens to the server, and for how long. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly server: ServerSize;
  readonly trouble: Trouble;
  readonly troubleMs: number;
  /** Requests per second it can answer meanwhile. */
  readonly possibleRps: number;
}

/** Requests per second of the whole fleet: three quarters of what the server can do. */
export const OFFERED_RPS = 300;
/** Before the trouble: budgets are settled by then. */
export const CALM_MS = 60_000;
/** After the trouble, unless told otherwise. */
export const AFTERMATH_MS = 100_000;
/** What a client bears per attempt. */
export const ATTEMPT_TIMEOUT_MS = 1000;
/** Of the network, there and back. */
export const ROUND_TRIP_MS = 5;

const CAPACITY_RPS = 400;
const WORKERS = 20;

function server(queueSeconds: number): ServerSize {
  const serviceMs = (WORKERS / CAPACITY_RPS) * 1000;
  return { workers: WORKERS, serviceMs, queueLimit: queueSeconds * CAPACITY_RPS, rejectCost: 0.1 };
}

const DEEP = server(2);
const SHALLOW = server(0.2);

const outage = (seconds: number): Scenario => ({
  name: `outage-${seconds}s`,
  title: `full outage of ${seconds} s`,
  server: SHALLOW,
  trouble: { down: true },
  troubleMs: seconds * 1000,
  possibleRps: 0,
});

const faults = (percent: number): Scenario => ({
  name: `faults-${percent}`,
  title: `${percent} % of attempts fail for 30 s`,
  server: SHALLOW,
  trouble: { faultRate: percent / 100 },
  troubleMs: 30_000,
  possibleRps: OFFERED_RPS,
});

const stalls = (percent: number): Scenario => ({
  name: `stalls-${percent}`,
  title: `${percent} % of attempts get no answer for 30 s`,
  server: SHALLOW,
  trouble: { stallRate: percent / 100 },
  troubleMs: 30_000,
  possibleRps: OFFERED_RPS,
});

const brownOut = (name: string, queue: string, size: ServerSize): Scenario => ({
  name: `brown-out-${name}`,
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
    name: 'rate-limit',
    title: '200 requests/s let in for 10 s, the others 429 with Retry-After: 2',
    server: SHALLOW,
    trouble: { quota: { rps: 200, retryAfter: '2' } },
    troubleMs: 10_000,
    possibleRps: 200,
  },
];
