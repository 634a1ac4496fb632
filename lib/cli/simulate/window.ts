import { CALM_MS } from './scenario.js';
import type { Study } from './study.js';

/** What is shown before the trouble. */
const LEAD_SECONDS = 10;

/** The part of a run that is shown. Seconds count from the beginning of the trouble. */
export interface ShownWindow {
  readonly fromSecond: number;
  readonly toSecond: number;
  readonly troubleSeconds: number;
  /** The values of a series in this window. */
  of(perSecond: readonly number[]): readonly number[];
}

export function windowOf({ setting }: Study): ShownWindow {
  const troubleSeconds = setting.scenario.troubleMs / 1000;
  const toSecond = Math.floor(troubleSeconds + setting.aftermathMs / 1000);
  const zero = CALM_MS / 1000;
  return {
    fromSecond: -LEAD_SECONDS,
    toSecond,
    troubleSeconds,
    of: (perSecond) => perSecond.slice(zero - LEAD_SECONDS, zero + toSecond),
  };
}
