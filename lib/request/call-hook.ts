/** What Node's `process` has, and other platforms have not. */
interface WarningEmitter {
  emitWarning?(message: string, options: { type: string; code: string; detail?: string }): void;
}

/**
 * Warns the developer: as a process warning, which can be listened to and is printed once, or on the console where there
 * is no such thing.
 *
 * @param code stable, for those who filter.
 * @param detail is printed below the message.
 */
export function warnDeveloper(code: string, message: string, detail?: string): void {
  const emitter = (globalThis as { process?: WarningEmitter }).process;
  if (typeof emitter?.emitWarning === 'function') {
    emitter.emitWarning(message, {
      type: 'AxiosPolicyWarning',
      code,
      ...(detail === undefined ? {} : { detail }),
    });
  } else {
    console.warn(`[${code}] AxiosPolicyWarning: ${message}${detail === undefined ? '' : `\n${detail}`}`);
  }
}

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
