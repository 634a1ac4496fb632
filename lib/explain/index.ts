/**
 * Says beforehand what a configuration means; see the command `axios-policy explain`.
 * @packageDocumentation
 */
export { explainPolicy } from './explain.js';
export { renderExplanation } from './render.js';
export type {
  DelayRange,
  DelaySchedule,
  ExplainedField,
  ExplainedValue,
  PolicyExplanation,
  RetryDelay,
  RetryTable,
  RetryTableRow,
  RetryVerdict,
  WorstCase,
} from './types.js';
