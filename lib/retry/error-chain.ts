/** Reading errors of unknown make: earlier interceptors wrap them, other copies of axios and of this package make them. */

import { fieldOf } from '../config/own.js';

/** An error, or whatever object was thrown in its place. */
export type ErrorLike = Readonly<Record<string, unknown>>;

// Wrappers nest a few levels at most; the limit keeps a pathological chain from costing time on every failure.
const MAX_CAUSES = 5;

/** Whether a value has properties to read. */
export function isErrorLike(value: unknown): value is ErrorLike {
  return typeof value === 'object' && value !== null;
}

/**
 * The error and its causes, outermost first: at most five causes deep, each object once.
 *
 * @returns an empty list for what is no object, such as a thrown string.
 */
export function causeChain(error: unknown): readonly ErrorLike[] {
  const links: ErrorLike[] = [];
  let link = error;
  while (isErrorLike(link) && !links.includes(link) && links.length <= MAX_CAUSES) {
    links.push(link);
    link = fieldOf(link, 'cause');
  }
  return links;
}

/** The errors an AggregateError stands for, such as one per address of a dual-stack host. */
export function membersOf(link: ErrorLike): readonly ErrorLike[] {
  const errors = fieldOf(link, 'errors');
  return Array.isArray(errors) ? errors.filter(isErrorLike) : [];
}

/** The property as a string; empty if it is none (the `code` of a DOMException is a number). */
export function textOf(link: ErrorLike, key: 'code' | 'policyCode' | 'syscall' | 'message'): string {
  const value = fieldOf(link, key);
  return typeof value === 'string' ? value : '';
}

/** The library's own code of an error, however it got here, or an empty text. */
export function policyCodeOf(link: ErrorLike): string {
  const code = textOf(link, 'policyCode') || textOf(link, 'code');
  return code.startsWith('ERR_POLICY_') ? code : '';
}
