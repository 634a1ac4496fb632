import type { World } from './world.js';

/** The values of an option, by name; made anew for each request. */
export type Values = Readonly<Record<string, (world: World) => unknown>>;

/** Values that may be the same for all requests. */
export const constants = (values: Record<string, unknown>): Values =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, () => value]));

/** A callback of the caller's that fails. */
export const refuse = (): never => {
  throw new RangeError('refused');
};
