import { median, quantile, type Spread, spread } from '../shared/statistics.js';
import type { LostTurn, Turn } from './participant.js';
import type { Scenario } from './scenarios.js';

/** What one subject did in one scenario, with so many requests at once. */
export interface CellSummary {
  readonly scenario: string;
  readonly concurrency: number;
  readonly subject: string;
  /** Requests per second. */
  readonly rps: Spread | undefined;
  /** CPU time of the client's process per request. */
  readonly cpuUs: Spread | undefined;
  /** Of the rounds' own pairs: this subject's, of the baseline's. */
  readonly rpsRatio: Spread | undefined;
  readonly cpuRatio: Spread | undefined;
  readonly cpuExtraUs: Spread | undefined;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly requests: number;
  readonly connectionsPer1000: number;
  readonly failedRequests: number;
  /** Rounds without a single answer. */
  readonly lostRounds: number;
  /** What went wrong, each kind once. */
  readonly problems: readonly string[];
  /** In the order of the rounds; `null` = lost. */
  readonly rounds: { readonly rps: readonly (number | null)[]; readonly cpuUs: readonly (number | null)[] };
}

type Numbers = readonly (number | undefined)[];

/** Collects the turns of one subject in one scenario. */
export class Cell {
  readonly scenario: Scenario;
  readonly concurrency: number;
  readonly subject: string;
  readonly #rps: (number | undefined)[] = [];
  readonly #cpuUs: (number | undefined)[] = [];
  readonly #latenciesMs: number[] = [];
  readonly #problems = new Set<string>();
  #connections = 0;
  #failed = 0;

  constructor(scenario: Scenario, concurrency: number, subject: string) {
    this.scenario = scenario;
    this.concurrency = concurrency;
    this.subject = subject;
  }

  /** Nothing is left out: a turn without an answer is counted as lost, and its reason kept. */
  add(turn: Turn | LostTurn): void {
    const requests = 'lost' in turn ? 0 : turn.latenciesMs.length;
    if ('lost' in turn) this.#problems.add(turn.lost);
    else {
      for (const latencyMs of turn.latenciesMs) this.#latenciesMs.push(latencyMs);
      if (turn.failure !== undefined) this.#problems.add(turn.failure.trim());
      this.#failed += turn.failed;
      this.#connections += turn.connections;
    }
    const isLost = 'lost' in turn || requests === 0;
    this.#rps.push(isLost ? undefined : (1000 * requests) / turn.elapsedMs);
    this.#cpuUs.push(isLost ? undefined : turn.cpuUs / requests);
  }

  /** Sums up, with ratios to the cell of the baseline. */
  summary(baseline: Cell | undefined): CellSummary {
    const requests = this.#latenciesMs.length;
    const [baseRps, baseCpuUs] = baseline === undefined ? [[], []] : [baseline.#rps, baseline.#cpuUs];
    const ratio = (own: number, base: number): number => own / base;
    return {
      scenario: this.scenario.name,
      concurrency: this.concurrency,
      subject: this.subject,
      rps: spread(known(this.#rps)),
      cpuUs: spread(known(this.#cpuUs)),
      rpsRatio: spread(pairwise(this.#rps, baseRps, ratio)),
      cpuRatio: spread(pairwise(this.#cpuUs, baseCpuUs, ratio)),
      cpuExtraUs: spread(pairwise(this.#cpuUs, baseCpuUs, (own, base) => own - base)),
      p50Ms: median(this.#latenciesMs),
      p99Ms: quantile(this.#latenciesMs, 0.99),
      requests,
      connectionsPer1000: (1000 * this.#connections) / requests,
      failedRequests: this.#failed,
      lostRounds: this.#rps.filter((rps) => rps === undefined).length,
      problems: [...this.#problems],
      rounds: { rps: rounded(this.#rps), cpuUs: rounded(this.#cpuUs) },
    };
  }
}

function known(values: Numbers): number[] {
  return values.filter((value) => value !== undefined);
}

/** Compares what was measured in the same round. */
function pairwise(own: Numbers, base: Numbers, compare: (own: number, base: number) => number): number[] {
  return own.flatMap((value, round) => {
    const counterpart = base[round];
    return value === undefined || counterpart === undefined ? [] : [compare(value, counterpart)];
  });
}

function rounded(values: Numbers): (number | null)[] {
  return values.map((value) => (value === undefined ? null : Number(value.toPrecision(4))));
}
