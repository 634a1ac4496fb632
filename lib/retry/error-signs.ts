/** What one error, or what one link of its chain, says of itself. Used where nothing better was observed. */
import { fieldOf } from '../config/own.js';
import { type ErrorLike, membersOf, textOf } from './error-chain.js';
import { isConnectCode, isForbiddenCode } from './error-codes.js';

/** Cancelled by the caller, as axios says it. */
export function isCancel(link: ErrorLike): boolean {
  return fieldOf(link, '__CANCEL__') === true || textOf(link, 'code') === 'ERR_CANCELED';
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
