import fc from 'fast-check';
import { answerLists, isSilent } from './answers.js';
import { COMMON } from './common-options.js';
import { LIMITS, UNCOMMON } from './uncommon-options.js';
import type { AnswerSpec, Case, Choice } from './world.js';

const choicesOf = (options: Readonly<Record<string, object>>): Choice[] =>
  Object.entries(options).flatMap(([option, values]) =>
    Object.keys(values).map((value): Choice => [option, value]),
  );

const choices = fc.uniqueArray(
  fc.oneof(
    { withCrossShrink: true },
    { weight: 5, arbitrary: fc.constantFrom(...choicesOf(COMMON)) },
    { weight: 1, arbitrary: fc.constantFrom(...choicesOf(UNCOMMON)) },
  ),
  { selector: ([option]) => option, maxLength: 6 },
);

const limits = fc.constantFrom(...choicesOf(LIMITS));

/** Requests with up to six options, and what they are answered. */
export const cases: fc.Arbitrary<Case> = fc
  .record({ options: choices, limit: limits, answers: answerLists })
  .map(({ options, limit, answers }) => ({
    options: answers.some(isSilent)
      ? limited(consistent(options), limitOf(limit, answers))
      : consistent(options),
    answers,
  }));

/** A server that was told of more data than there is would wait for the rest. */
function consistent(options: readonly Choice[]): readonly Choice[] {
  const whole = options.find(([option]) => option === 'data of its own length');
  if (whole === undefined) return options;
  return [...options.filter(([option]) => !/^(?:data|method|transformRequest|env|form)/.test(option)), whole];
}

/** On a busy machine a timeout may come before an answer that is there to come. */
const limitOf = (limit: Choice, [first]: readonly AnswerSpec[]): Choice =>
  first !== undefined && isSilent(first) ? limit : ['limit', 'signal'];

/** What gets no answer has one thing that ends it. */
function limited(options: readonly Choice[], limit: Choice): readonly Choice[] {
  return [...options.filter(([option]) => !['timeout', 'signal', 'cancelToken'].includes(option)), limit];
}
