import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import * as certs from './certs.js';
import { atEnd } from './cleanup.js';
import { listen, shut, trackSockets } from './tcp.js';

/** Types of frames (RFC 9113, section 6). */
export const FRAME = {
  data: 0,
  headers: 1,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
} as const;

const END_STREAM = 1;
const ACK = 1;
const END_HEADERS = 4;
const PREFACE_BYTES = 24;

/** One frame. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

/** Cuts a byte stream into frames. */
export function frameParser(skip: number, onFrame: (frame: Frame) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  let toSkip = skip;
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const skipped = Math.min(toSkip, rest.length);
    toSkip -= skipped;
    rest = rest.subarray(skipped);
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const end = 9 + rest.readUIntBE(0, 3);
      onFrame({
        type: rest.readUInt8(3),
        flags: rest.readUInt8(4),
        streamId: rest.readUInt32BE(5) & 0x7fffffff,
        payload: rest.subarray(9, end),
      });
      rest = rest.subarray(end);
    }
  };
}

function encode({ type, flags, streamId, payload }: Frame): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

const uint32 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value, 4 * i);
  return bytes;
};

/** Literal fields that enter no table (RFC 7541, section 6.2.2). */
function hpack(fields: Record<string, string | number>): Buffer {
  const literal = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
  return Buffer.concat(
    Object.entries(fields).map(([name, value]) =>
      Buffer.concat([Buffer.from([0]), literal(name), literal(String(value))]),
    ),
  );
}

/** The server's side of one connection, frame by frame. */
export class FramePeer {
  readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  send(type: number, flags: number, streamId: number, payload: Buffer = Buffer.alloc(0)): this {
    if (this.socket.writable) this.socket.write(encode({ type, flags, streamId, payload }));
    return this;
  }

  /** A head, or trailers if there is no status. */
  headers(streamId: number, fields: Record<string, string | number>, endStream = false): this {
    return this.send(FRAME.headers, END_HEADERS | (endStream ? END_STREAM : 0), streamId, hpack(fields));
  }

  data(streamId: number, bytes: Buffer | number, endStream = false): this {
    const payload = typeof bytes === 'number' ? Buffer.alloc(bytes, 'x') : bytes;
    return this.send(FRAME.data, endStream ? END_STREAM : 0, streamId, payload);
  }

  reset(streamId: number, code: number): this {
    return this.send(FRAME.rstStream, 0, streamId, uint32(code));
  }

  goaway(lastStreamId: number, code: number): this {
    return this.send(FRAME.goaway, 0, 0, uint32(lastStreamId, code));
  }

  /** SETTINGS_MAX_CONCURRENT_STREAMS. */
  allowStreams(count: number): this {
    const setting = Buffer.alloc(6);
    setting.writeUInt16BE(3, 0);
    setting.writeUInt32BE(count, 2);
    return this.send(FRAME.settings, 0, 0, setting);
  }
}

/** Called with the number of each new stream. */
export type FrameScript = (peer: FramePeer, streamId: number) => void;

export interface FrameOriginOptions {
  /** @defaultValue false */
  tls?: boolean;
  /** Whether to answer PINGs. @defaultValue true */
  answersPings?: boolean;
  /** Whether to speak at all: without, the server only listens. @defaultValue true */
  speaks?: boolean;
  /** Called with every new connection, before the preface. */
  onConnection?: (peer: FramePeer) => void;
}

/** A server that speaks HTTP/2 frame by frame, also such as no server should. */
export class FrameOrigin {
  /** Frames received, of all connections. */
  readonly frames: Frame[] = [];
  connections = 0;
  port = 0;
  readonly #options: FrameOriginOptions;
  readonly #server: Server;
  readonly #open: Set<Socket>;
  readonly #script: FrameScript;

  constructor(script: FrameScript, options: FrameOriginOptions) {
    this.#script = script;
    this.#options = options;
    this.#server = options.tls
      ? createTlsServer({ ...certs.server, ALPNProtocols: ['h2'] })
      : createTcpServer();
    this.#open = trackSockets(this.#server);
    this.#server.on(options.tls ? 'secureConnection' : 'connection', (socket: Socket) =>
      this.#connected(socket),
    );
  }

  get url(): string {
    return this.#options.tls ? `https://localhost:${this.port}` : `http://127.0.0.1:${this.port}`;
  }

  get openSockets(): number {
    return this.#open.size;
  }

  /** Payloads of the RST_STREAM frames received, by stream. */
  get resets(): { streamId: number; code: number }[] {
    return this.frames
      .filter(({ type }) => type === FRAME.rstStream)
      .map(({ streamId, payload }) => ({ streamId, code: payload.readUInt32BE(0) }));
  }

  async start(): Promise<this> {
    this.port = await listen(this.#server);
    return this;
  }

  close(): Promise<void> {
    return shut(this.#server, this.#open);
  }

  #connected(socket: Socket): void {
    this.connections += 1;
    socket.on('error', () => {});
    // Small frames would wait for one another, and a RST would throw away the ones that did.
    socket.setNoDelay(true);
    const peer = new FramePeer(socket);
    this.#options.onConnection?.(peer);
    if (this.#options.speaks !== false) peer.send(FRAME.settings, 0, 0);
    socket.on(
      'data',
      frameParser(PREFACE_BYTES, (frame) => this.#received(peer, frame)),
    );
  }

  #received(peer: FramePeer, frame: Frame): void {
    this.frames.push(frame);
    if (this.#options.speaks === false) return;
    const { type, flags, streamId, payload } = frame;
    const isAck = (flags & ACK) !== 0;
    if (type === FRAME.settings && !isAck) peer.send(FRAME.settings, ACK, 0);
    if (type === FRAME.ping && !isAck && this.#options.answersPings !== false)
      peer.send(FRAME.ping, ACK, 0, payload);
    if (type === FRAME.data && payload.length > 0) {
      peer.send(FRAME.windowUpdate, 0, 0, uint32(payload.length));
      peer.send(FRAME.windowUpdate, 0, streamId, uint32(payload.length));
    }
    if (type === FRAME.headers) this.#script(peer, streamId);
  }
}

/** Starts a server that answers each stream by `script`; it closes by itself when the test ends. */
export async function startFrameOrigin(
  script: FrameScript,
  options: FrameOriginOptions = {},
): Promise<FrameOrigin> {
  const origin = new FrameOrigin(script, options);
  atEnd(() => origin.close());
  return origin.start();
}
