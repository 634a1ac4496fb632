import { DurationError, durationToMs, formatDuration } from '../../config/duration.js';
import type { ServerSize, Trouble } from './server.js';

/** What is asked of a server, what happens to it, and for how long. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly server: ServerSize;
  readonly trouble: Trouble;
  readonly troubleMs: number;
  /** Requests per second it can answer meanwhile. */
  readonly possibleRps: number;
  /** Requests per second of the whole fleet. */
  readonly offeredRps: number;
  /** What a client bears per attempt. */
  readonly attemptTimeoutMs: number;
  /** A request that succeeds within this is served as if nothing were wrong. */
  readonly promptMs: number;
}

/** Before the trouble: budgets are settled by then. */
export const CALM_MS = 60_000;
/** Of the network, there and back. */
export const ROUND_TRIP_MS = 5;

/**
 * A server that can do so much.
 *
 * @param queueMs how long a request may wait in its queue.
 */
export function serverOf(capacityRps: number, serviceMs: number, queueMs: number): ServerSize {
  const workers = Math.max(1, Math.round((capacityRps * serviceMs) / 1000));
  return {
    workers,
    serviceMs: (workers / capacityRps) * 1000,
    queueLimit: (queueMs / 1000) * capacityRps,
    rejectCost: 0.1,
  };
}

/** A server in good health, and what is asked of it. */
interface Setup {
  readonly capacityRps: number;
  readonly offeredRps: number;
}

/** What goes wrong, for how long, and what the server can still answer. */
type TroubleScenario = Pick<Scenario, 'name' | 'title' | 'trouble' | 'troubleMs' | 'possibleRps'>;

interface Kind {
  /** The amount if none is given; `undefined` = the kind has none. */
  readonly amount: number | undefined;
  readonly unit: '%' | '';
  make(
    amount: number,
    setup: Setup,
  ): { readonly trouble: Trouble; readonly what: string; readonly possibleRps: number };
}

const KINDS: Readonly<Record<string, Kind>> = {
  outage: {
    amount: undefined,
    unit: '',
    make: () => ({ trouble: { down: true }, what: 'full outage', possibleRps: 0 }),
  },
  'brown-out': {
    amount: 50,
    unit: '%',
    make: (percent, { capacityRps }) => ({
      trouble: { workers: 1 - percent / 100 },
      what: `${percent} % of the capacity is gone`,
      possibleRps: capacityRps * (1 - percent / 100),
    }),
  },
  faults: {
    amount: 50,
    unit: '%',
    make: (percent, { offeredRps }) => ({
      trouble: { faultRate: percent / 100 },
      what: `${percent} % of the attempts are answered 503`,
      possibleRps: offeredRps,
    }),
  },
  stalls: {
    amount: 50,
    unit: '%',
    make: (percent, { offeredRps }) => ({
      trouble: { stallRate: percent / 100 },
      what: `${percent} % of the attempts get no answer`,
      possibleRps: offeredRps,
    }),
  },
  'rate-limit': {
    amount: 200,
    unit: '',
    make: (rps) => ({
      trouble: { quota: { rps, retryAfter: '2' } },
      what: `${rps} requests/s are let in, the others get 429 with Retry-After: 2`,
      possibleRps: rps,
    }),
  },
};

/** How `--trouble` is written. */
export const TROUBLE_EXPECTED =
  "'outage:5s', 'brown-out:50%:30s', 'faults:50%:30s', 'stalls:50%:30s' or 'rate-limit:200:10s'";

/** Reads `kind:duration` or `kind:amount:duration`; `undefined` if the text is neither. */
export function readTrouble(text: string, setup: Setup): TroubleScenario | undefined {
  const [name = '', ...rest] = text.split(':');
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
  const troubleMs = readDuration(rest.at(-1));
  const amount = kind && readAmount(kind, rest.slice(0, -1));
  if (kind === undefined || amount === undefined || troubleMs === undefined) return undefined;
  const { what, ...scenario } = kind.make(amount, setup);
  return { name: text, title: `${what} for ${formatDuration(troubleMs)}`, troubleMs, ...scenario };
}

function readAmount({ amount, unit }: Kind, given: readonly string[]): number | undefined {
  if (given.length === 0) return amount ?? 0;
  if (given.length > 1 || amount === undefined) return undefined;
  const digits = new RegExp(`^(\\d{1,9})${unit}$`).exec(given[0] ?? '')?.[1];
  const value = Number(digits ?? Number.NaN);
  const most = unit === '%' ? 100 : Number.POSITIVE_INFINITY;
  return value > 0 && value <= most ? value : undefined;
}

/** A length of time above 0, in ms; `undefined` if the text is none. */
export function readDuration(text: string | undefined): number | undefined {
  try {
    const ms = durationToMs(text ?? '');
    return ms > 0 ? ms : undefined;
  } catch (error) {
    if (error instanceof DurationError) return undefined;
    throw error;
  }
}
