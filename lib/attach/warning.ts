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
