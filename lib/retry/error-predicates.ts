import { fieldOf } from '../config/own.js';
import { isConnectCode, isForbiddenCode } from './error-codes.js';

/** Reading errors of unknown make: earlier interceptors wrap them, other copies of axios and of this package make them. */

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
  firstInChain(error, (link) => {
    if (!links.includes(link)) links.push(link);
    return undefined;
  });
  return links;
}

/** The first answer that is not `undefined`, of the error and its causes, outermost first and at most five deep. */
export function firstInChain<T>(error: unknown, read: (link: ErrorLike) => T | undefined): T | undefined {
  let link = error;
  for (let depth = 0; depth <= MAX_CAUSES && isErrorLike(link); depth += 1) {
    const found = read(link);
    if (found !== undefined) return found;
    link = fieldOf(link, 'cause');
  }
  return undefined;
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

// Signs on one error, or on one link of its chain. Used where nothing better was observed.

/** Whether a value is what axios cancels with: a CanceledError, or the reason of a cancel token. */
export function isCancel(value: unknown): boolean {
  return isErrorLike(value) && fieldOf(value, '__CANCEL__') === true;
}

/** Cancelled by the caller, also as a mock says it. */
export function isCancelError(link: ErrorLike): boolean {
  return isCancel(link) || textOf(link, 'code') === 'ERR_CANCELED';
}

/** A proxy that hung up, or failed, may do better; one that answers 403, or no HTTP at all, will do so again. */
export function mayTunnelNextTime(links: readonly ErrorLike[]): boolean {
  const status = links.map((link) => fieldOf(link, 'proxyStatus')).find((value) => typeof value === 'number');
  if (status === undefined) return links.some(isWhileConnecting);
  return status >= 500 || status === 429 || status === 408;
}

/** The system call that failed is one of those that open a connection. */
export function isWhileConnecting(link: ErrorLike): boolean {
  return everyMember(link, (error) => /^(?:connect$|getaddrinfo$|query)/.test(textOf(error, 'syscall')));
}

/** No address may be connected to. */
export function isForbidden(link: ErrorLike): boolean {
  return everyMember(link, (error) => isForbiddenCode(textOf(error, 'code')));
}

/** Asks the error itself, or all the errors it stands for: one address may have been reached. */
function everyMember(link: ErrorLike, test: (error: ErrorLike) => boolean): boolean {
  const members = membersOf(link);
  return members.length > 0 ? members.every(test) : test(link);
}

/** Without a transport of ours to see the frame, Node's message is what tells of REFUSED_STREAM. */
export function isNeverProcessed(link: ErrorLike): boolean {
  return textOf(link, 'message').includes('NGHTTP2_REFUSED_STREAM');
}

/** By their codes no connection came about. EHOSTUNREACH and its kind also end one in use; a `read` or `write` tells. */
export function areUnconnected(links: readonly ErrorLike[]): boolean {
  const inUse = links.some((link) => textOf(link, 'syscall') !== '');
  return !inUse && links.some((link) => everyMember(link, hasConnectCode));
}

function hasConnectCode(link: ErrorLike): boolean {
  return isConnectCode(textOf(link, 'code'));
}

/** `AbortSignal.timeout()` rejects with a DOMException that has no code but a number. */
export function isTimeoutByName(link: ErrorLike): boolean {
  return link.name === 'TimeoutError';
}

/** ECONNABORTED is what axios calls its timeouts, whose message the caller may choose, and what a kernel calls a loss. */
export function isAborted(links: readonly ErrorLike[]): boolean {
  if (links.some((link) => textOf(link, 'syscall') !== '')) return true;
  const message = links
    .filter((link) => textOf(link, 'code') === 'ECONNABORTED')
    .map((link) => textOf(link, 'message'));
  return message.some((text) => /aborted/i.test(text) && !/timeout|exceeded/i.test(text));
}
