import type { Readable } from 'node:stream';
import { isWebStream } from './web-body.js';

/** A failed response with more body than this is cheaper to lose with its connection than to read. */
const DRAIN_LIMIT_BYTES = 64 * 1024;

/** What can be ended from outside. */
export interface Destroyable {
  destroy(error?: Error): unknown;
}

/** Whether a value is a Node stream that can be read. */
export function isReadable(value: unknown): value is Readable {
  return (
    typeof (value as Readable | undefined)?.pipe === 'function' &&
    typeof (value as Readable).destroy === 'function'
  );
}

/**
 * Frees the connection of a failed `responseType: 'stream'` response before the request is tried again: a short body
 * is read to its end, so that the connection can be reused, a long one is destroyed. Left alone it would hold the
 * connection for ever, and starve a pool with a limit of sockets.
 *
 * @returns gives up on what has not arrived by then.
 */
export function releaseBody(data: unknown): () => void {
  if (isWebStream(data)) {
    data.cancel().catch(ignore);
    return ignore;
  }
  return isReadable(data) && !data.destroyed ? drain(data) : ignore;
}

function ignore(): void {}

// A function of its own, so that what it makes is made only for what has to be drained.
function drain(data: Readable): () => void {
  let received = 0;
  data.on('error', ignore);
  data.on('data', (chunk: Buffer | string) => {
    received += chunk.length;
    if (received > DRAIN_LIMIT_BYTES) data.destroy();
  });
  return () => void data.destroy();
}
