import type { IncomingMessage } from 'node:http';
import { setTimeout } from 'node:timers';
import type { AnsweredRequest } from './node-internals.js';

/** How long what is left of a response may take, so that its connection can be used again. */
const GRACE_MS = 100;

/** How much of it is read for that. */
const GRACE_BYTES = 64 * 1024;

/** How long an upload that was answered already may stand still. */
const UPLOAD_GRACE_MS = 1000;

/** How often it may move on after that. */
const MAX_UPLOAD_LOOKS = 30;

/**
 * Lets go of a request whose outcome is known and which nobody follows any more. One that is complete has its connection
 * back in the pool. Others may be about to be: the end of a body comes behind that of its compression, and a server that
 * answered well may still read the upload. What is not done soon is destroyed, or a server could hold a connection per
 * request for as long as it likes.
 *
 * @param progress a count that grows with every byte.
 */
export function letGo(request: AnsweredRequest, progress: () => number): void {
  if (isOver(request)) return;
  const { res } = request;
  if (res == null || (res.destroyed && !res.complete)) abandon(request);
  else if (res.complete && (res.statusCode ?? 0) < 400) finishUpload(request, progress);
  else finishResponse(request, res);
}

/** Whether its connection is gone, or has been taken from it, or will be in this turn. */
function isOver(request: AnsweredRequest): boolean {
  const { destroyed, res, socket, writableFinished } = request;
  return (
    destroyed || socket?.destroyed === true || (res?.complete === true && writableFinished && isRead(res))
  );
}

function isRead(response: IncomingMessage): boolean {
  return response.readableEnded || response.destroyed;
}

function finishResponse(request: AnsweredRequest, response: IncomingMessage): void {
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > GRACE_BYTES) abandon(request);
  });
  response.resume();
  setTimeout(() => isOver(request) || abandon(request), GRACE_MS).unref();
}

function finishUpload(request: AnsweredRequest, progress: () => number): void {
  request.res?.resume();
  let seen = progress();
  let looks = 0;
  const look = () => {
    const now = progress();
    looks += 1;
    if (isOver(request)) return;
    if (now === seen || looks > MAX_UPLOAD_LOOKS) {
      abandon(request);
      return;
    }
    seen = now;
    setTimeout(look, UPLOAD_GRACE_MS).unref();
  };
  setTimeout(look, UPLOAD_GRACE_MS).unref();
}

function abandon(request: AnsweredRequest): void {
  // Whoever listened to it may have left.
  request.on('error', () => {});
  // By its connection, if it has one: what a failed request shows of itself stays as Node left it.
  if (request.socket == null) request.destroy();
  else request.socket.destroy();
}
