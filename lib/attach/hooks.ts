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
 * Reports an error that one of the caller's hooks threw, as a process warning: it must not hide the outcome of the
 * request, and must not be lost either.
 */
export function warn(hook: string, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  process.emitWarning(`the policy's ${hook} hook failed: ${reason}`, {
    type: 'AxiosPolicyWarning',
    code: 'AXIOS_POLICY_HOOK',
    ...(error instanceof Error && error.stack !== undefined ? { detail: error.stack } : {}),
  });
}
