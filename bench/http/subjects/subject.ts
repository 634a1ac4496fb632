import type { Target, Wire } from '../scenarios.js';

/** Sends one request and resolves with what came: the parsed JSON, or the bytes. */
export type Send = () => Promise<unknown>;

/** A way to send requests. */
export interface Subject {
  readonly name: string;
  /** Where it can take part. */
  readonly wires: readonly Wire[];
  open(target: Target): Send | Promise<Send>;
}
