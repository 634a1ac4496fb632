import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** What connections failed with because of the peer's certificate. */
const rejections = new WeakSet<object>();

/**
 * Takes note of an error that a connection in the making failed with, if the reason is the peer's certificate. The error
 * does not tell: a check of the caller's own (`checkServerIdentity`) gives any error it likes.
 */
export function noteIfRejected(socket: Socket, error: unknown): void {
  const { authorizationError } = socket as TLSSocket;
  if (authorizationError && typeof error === 'object' && error !== null) rejections.add(error);
}

/** Whether an error says that the peer's certificate was rejected. */
export function isRejection(error: object): boolean {
  return rejections.has(error);
}
