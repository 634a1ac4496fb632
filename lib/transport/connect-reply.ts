import type { OnReadOpts, Socket } from 'node:net';

/** As much as Node accepts of any other response (`http.maxHeaderSize`). */
const MAX_HEAD_BYTES = 16 * 1024;
const READ_BUFFER_BYTES = 64 * 1024;
const END_OF_HEAD = Buffer.from('\r\n\r\n');

/** Keeps the bytes behind a proxy's reply to CONNECT, see {@link guardConnectReply}. */
export interface ConnectReplyGuard {
  /** To be given to `net.connect` or `tls.connect`. */
  readonly onread: OnReadOpts;
  /** Ends the guard: what came behind the head is put into the socket's own buffer, and all that follows flows there. */
  release(socket: Socket): void;
}

/**
 * Lets a reader of the reply to CONNECT see its head and nothing more.
 *
 * https-proxy-agent reads all that has arrived and drops what follows the head. That may be the first bytes of the
 * origin: a server that speaks first, as one of HTTP/2 does, often has them in the segment of the proxy's reply. It also
 * collects a head of any length. `onread` is the one documented place to stand in front of a reader, for TCP and TLS
 * alike.
 */
export function guardConnectReply(): ConnectReplyGuard {
  let open = false;
  let seen: Buffer = Buffer.alloc(0);
  let tail: Buffer | undefined;

  // Called on the socket, as Node calls `push` where there is no `onread`; its answer means the same: read on?
  function onData(this: Socket, length: number, buffer: Uint8Array): boolean {
    const chunk = Buffer.from(buffer.subarray(0, length));
    if (open) return this.push(chunk);
    if (tail !== undefined) {
      tail = Buffer.concat([tail, chunk]);
      return true;
    }
    const start = seen.length;
    seen = Buffer.concat([seen, chunk]);
    const end = seen.indexOf(END_OF_HEAD);
    if (end === -1) return withinLimit(this, seen.length) && this.push(chunk);
    const headEnd = end + END_OF_HEAD.length;
    tail = seen.subarray(headEnd);
    return this.push(seen.subarray(start, headEnd));
  }

  return {
    onread: { buffer: Buffer.allocUnsafe(READ_BUFFER_BYTES), callback: onData },
    release: (socket) => {
      open = true;
      // `unshift`, because the origin may already have closed its side.
      if (tail?.length) socket.unshift(tail);
      seen = Buffer.alloc(0);
      tail = undefined;
    },
  };
}

function withinLimit(socket: Socket, bytes: number): boolean {
  if (bytes <= MAX_HEAD_BYTES) return true;
  socket.destroy(new Error('the head of the reply to CONNECT is too long'));
  return false;
}
