import type { OnReadOpts, Socket } from 'node:net';

/** As much as Node accepts of any other response (`http.maxHeaderSize`), interim ones included. */
const MAX_HEAD_BYTES = 16 * 1024;
const READ_BUFFER_BYTES = 64 * 1024;
const END_OF_HEAD = Buffer.from('\r\n\r\n');

/** RFC 9110, section 15.2: any number of them may come first. 101 is none, nobody asked for another protocol. */
const INTERIM = /^HTTP\/1\.\d 1(?!01)\d\d[ \r]/;
/** As much of a head as tells whether it is one. */
const STATUS_BYTES = 'HTTP/1.1 100 '.length;

/** Keeps the bytes behind a proxy's reply to CONNECT, see {@link guardConnectReply}. */
export interface ConnectReplyGuard {
  /** To be given to `net.connect` or `tls.connect`. */
  readonly onread: OnReadOpts;
  /** Ends the guard: what came behind the head is put into the socket's own buffer, and all that follows flows there. */
  release(socket: Socket): void;
}

/**
 * Lets a reader of the reply to CONNECT see its head and nothing more: no interim response before, nothing behind.
 *
 * https-proxy-agent reads all that has arrived and drops what follows the head. That may be the first bytes of the
 * origin: a server that speaks first, as one of HTTP/2 does, often has them in the segment of the proxy's reply. It also
 * collects a head of any length. `onread` is the one documented place to stand in front of a reader, for TCP and TLS
 * alike.
 */
export function guardConnectReply(): ConnectReplyGuard {
  let open = false;
  let bytes = 0;
  /** Of the head, what has arrived, and how much of that was shown. */
  let seen: Buffer = Buffer.alloc(0);
  let shown = 0;
  let isFinal = false;
  let tail: Buffer | undefined;

  /** Drops the interim responses that have arrived whole, and looks whether the next one is the final one. */
  function skipInterim(): void {
    for (;;) {
      const end = seen.indexOf(END_OF_HEAD);
      if (end === -1 && seen.length < STATUS_BYTES) return;
      isFinal = !INTERIM.test(seen.toString('latin1', 0, STATUS_BYTES));
      if (isFinal || end === -1) return;
      seen = seen.subarray(end + END_OF_HEAD.length);
    }
  }

  // Called on the socket, as Node calls `push` where there is no `onread`; its answer means the same: read on?
  function onData(this: Socket, length: number, buffer: Uint8Array): boolean {
    const chunk = Buffer.from(buffer.subarray(0, length));
    if (open) return this.push(chunk);
    if (tail !== undefined) {
      tail = Buffer.concat([tail, chunk]);
      return true;
    }
    bytes += length;
    seen = Buffer.concat([seen, chunk]);
    if (!isFinal) skipInterim();
    const end = isFinal ? seen.indexOf(END_OF_HEAD) : -1;
    if (end === -1 && !withinLimit(this, bytes)) return false;
    if (!isFinal) return true;
    const start = shown;
    shown = end === -1 ? seen.length : end + END_OF_HEAD.length;
    if (end !== -1) tail = seen.subarray(shown);
    return this.push(seen.subarray(start, shown));
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
