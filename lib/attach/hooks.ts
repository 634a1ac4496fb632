import { warnDeveloper } from './warning.js';

/** Asks one of the caller's functions; what it throws is reported, and counts as `fallback`. */
export function ask<T>(hook: string, question: () => T, fallback: T): T {
  try {
    return question();
  } catch (error) {
    warn(hook, error);
    return fallback;
  }
}

/**
 * Reports an error that one of the caller's hooks threw, as a warning: it must not hide the outcome of the
 * request, and must not be lost either.
 */
export function warn(hook: string, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  const detail = error instanceof Error ? error.stack : undefined;
  warnDeveloper('AXIOS_POLICY_HOOK', `the policy's ${hook} hook failed: ${reason}`, detail);
}
