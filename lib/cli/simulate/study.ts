import { isDeepStrictEqual } from 'node:util';
import type { ResolvedPolicy } from '../../config/resolved.js';
import { quantile } from '../../explain/statistics.js';
import { type Journal, type Setting, simulate } from './fleet.js';
import { noRetry, type Policy, productPolicy } from './policies.js';
import { CALM_MS, type Scenario } from './scenario.js';

/** What a run comes down to. */
export interface Measures {
  /** From the end of the trouble to the first 5 s of which 98 % of the requests succeed promptly; `null` = not in this run. */
  readonly recoveryMs: number | null;
  /** Successes during the trouble, as a share of what the server could have answered; `null` of a full outage. */
  readonly goodput: number | null;
  /** Attempts per request, from the beginning of the trouble to 10 s after its end. */
  readonly amplification: number;
  /** Share of the requests begun during the trouble that succeed within 10 s. */
  readonly succeeded: number;
  /** Of the requests begun from the beginning of the trouble to 10 s after its end that succeed. */
  readonly p99Ms: number;
  /** Successes in each second of the run. */
  readonly perSecond: readonly number[];
  /** Attempts sent in each second of the run. */
  readonly attemptsPerSecond: readonly number[];
}

const WINDOW_MS = 5000;

/** The least time after the trouble that tells if the server is well again. */
export function leastAftermathMs({ promptMs }: Pick<Scenario, 'promptMs'>): number {
  return WINDOW_MS + promptMs;
}

const PATIENCE_MS = 10_000;
const RECOVERED_SHARE = 0.98;

/** Measures a run. */
export function measure(journal: Journal, scenario: Scenario): Measures {
  const endMs = CALM_MS + scenario.troubleMs;
  const { possibleRps, troubleMs } = scenario;
  const possible = (possibleRps * troubleMs) / 1000;
  const during = latencies(journal, CALM_MS, endMs);
  const around = latencies(journal, CALM_MS, endMs + PATIENCE_MS);
  const done = count(journal.succeededMs, CALM_MS, endMs);
  return {
    recoveryMs: recovery(journal, endMs, scenario.promptMs),
    goodput: possible > 0 ? done / possible : null,
    amplification: count(journal.attemptsMs, CALM_MS, endMs + PATIENCE_MS) / around.length,
    succeeded: shareWithin(during, PATIENCE_MS),
    p99Ms: quantile(Float64Array.from(around.filter(Number.isFinite)).sort(), 0.99),
    perSecond: perSecond(journal.succeededMs, journal.endMs),
    attemptsPerSecond: perSecond(journal.attemptsMs, journal.endMs),
  };
}

function recovery(journal: Journal, endMs: number, promptMs: number): number | null {
  // The last requests of a run had no time to succeed.
  const lastMs = journal.endMs - WINDOW_MS - promptMs - endMs;
  for (let afterMs = 0; afterMs <= lastMs; afterMs += 1000) {
    const window = latencies(journal, endMs + afterMs, endMs + afterMs + WINDOW_MS);
    if (shareWithin(window, promptMs) >= RECOVERED_SHARE) return afterMs;
  }
  return null;
}

/** How long the requests begun in a span took; `Infinity` of those that failed. */
function latencies({ begunMs, succeededMs }: Journal, fromMs: number, toMs: number): number[] {
  const [first, end] = [firstAt(begunMs, fromMs), firstAt(begunMs, toMs)];
  return begunMs.slice(first, end).map((begun, index) => (succeededMs[first + index] ?? Number.NaN) - begun);
}

function firstAt(ascending: readonly number[], moment: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? Number.POSITIVE_INFINITY) < moment) low = middle + 1;
    else high = middle;
  }
  return low;
}

function shareWithin(durationsMs: readonly number[], limitMs: number): number {
  return durationsMs.filter((durationMs) => durationMs <= limitMs).length / durationsMs.length;
}

function count(momentsMs: readonly number[], fromMs: number, toMs: number): number {
  return momentsMs.filter((moment) => moment >= fromMs && moment < toMs).length;
}

function perSecond(momentsMs: readonly number[], endMs: number): number[] {
  const seconds = new Array<number>(Math.ceil(endMs / 1000)).fill(0);
  for (const moment of momentsMs) {
    const second = Math.floor(moment / 1000);
    if (second < seconds.length) seconds[second] = (seconds[second] ?? 0) + 1;
  }
  return seconds;
}

/** A run of one policy. */
export interface Result extends Measures {
  readonly name: string;
  /** Most attempts in a second, from the beginning of the trouble. */
  readonly peakAttempts: number;
}

/** The same trouble for a configuration, and for what it is to be compared with. */
export interface Study {
  readonly setting: Omit<Setting, 'policy'>;
  /** The configuration comes first. */
  readonly results: readonly Result[];
}

/** What the configuration is called, beside the others. */
const OWN = 'this configuration';
/** What it is compared with. */
export const NO_RETRIES = 'no retries';

/**
 * Runs the same trouble several times.
 *
 * @param own the policy that the command is asked about.
 * @param defaults the policy of an empty configuration.
 */
export function study(setting: Study['setting'], own: ResolvedPolicy, defaults: ResolvedPolicy): Study {
  const policies = [policyOf(OWN, own)];
  if (!isDeepStrictEqual(own.retry, defaults.retry)) policies.push(policyOf('the defaults', defaults));
  if (own.retry !== false) policies.push({ ...noRetry, name: NO_RETRIES });
  return { setting, results: policies.map((policy) => run({ ...setting, policy })) };
}

function policyOf(name: string, { retry }: ResolvedPolicy): Policy {
  return retry === false ? { ...noRetry, name } : productPolicy(name, retry);
}

function run(setting: Setting): Result {
  const measures = measure(simulate(setting), setting.scenario);
  const peakAttempts = Math.max(...measures.attemptsPerSecond.slice(CALM_MS / 1000));
  return { name: setting.policy.name, peakAttempts, ...measures };
}
