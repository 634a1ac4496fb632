import { PolicyConfigError } from '../index.js';

/** @throws {PolicyConfigError} if a factory returned something else than options. */
export function assertOptions(options: unknown, heading: string): void {
  if (typeof options === 'object' && options !== null) return;
  const received = options === null ? 'null' : typeof options;
  throw configError('options', 'an object (does the factory return it?)', received, heading);
}

/** An error about one option. */
export function configError(
  path: string,
  expected: string,
  received: string,
  heading: string,
): PolicyConfigError {
  return new PolicyConfigError([{ path, expected, received }], heading);
}

/** Runs `action`; what is wrong with a configuration is reported under a heading that says where it stands. */
export function underHeading<T>(heading: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof PolicyConfigError) throw new PolicyConfigError(error.problems, heading);
    throw error;
  }
}

/** The start of an error's message: which client of the app is wrong. */
export function headingOf(name: string | undefined): string {
  return name === undefined ? 'HttpPolicyModule' : `HttpPolicyModule '${name}'`;
}
