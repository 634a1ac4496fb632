import { type ConfigProblem, PolicyConfigError } from '../../lib/errors.js';

/** The problems a call reports; none if it does not throw. */
export function problemsOf(call: () => unknown): readonly ConfigProblem[] {
  try {
    call();
  } catch (error) {
    if (error instanceof PolicyConfigError) return error.problems;
    throw error;
  }
  return [];
}
