import { FRAME, type FramePeer } from './http2-frames.js';

/** What a server does on a stream that no server may. */
export type Violation = (peer: FramePeer, streamId: number) => unknown;

const END_STREAM = 1;
const END_HEADERS = 4;
const PADDED = 8;
const PRIORITY = 2;
const CONTINUATION = 9;

/** A literal field that enters no table, its value longer than a length byte can say (RFC 7541, section 5.1). */
function longField(name: string, length: number): Buffer {
  const rest = length - 127;
  const bytes: number[] = [127];
  for (let left = rest; ; left >>= 7) {
    bytes.push(left < 128 ? left : (left & 127) | 128);
    if (left < 128) break;
  }
  return Buffer.concat([
    Buffer.from([0, name.length]),
    Buffer.from(name),
    Buffer.from(bytes),
    Buffer.alloc(length, 'x'),
  ]);
}

const OK = Buffer.from([0x88]);
const literal = (name: string, value: string) =>
  Buffer.concat([
    Buffer.from([0, name.length]),
    Buffer.from(name),
    Buffer.from([value.length]),
    Buffer.from(value),
  ]);

/** A frame that says it is longer than it is. */
function lying(type: number, flags: number, streamId: number, length: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

/** Violations before anything of the response was heard. */
const VIOLATIONS_BEFORE: Record<string, Violation> = {
  'a field over 64 KB': (peer, id) => {
    const block = Buffer.concat([OK, longField('x-long', 70_000)]);
    peer.send(FRAME.headers, END_STREAM, id, block.subarray(0, 16_000));
    for (let at = 16_000; at < block.length; at += 16_000) {
      const isLast = at + 16_000 >= block.length;
      peer.send(CONTINUATION, isLast ? END_HEADERS : 0, id, block.subarray(at, at + 16_000));
    }
  },
  'a thousand CONTINUATIONs': (peer, id) => {
    peer.send(FRAME.headers, END_STREAM, id, OK);
    for (let i = 0; i < 1000; i++) peer.send(CONTINUATION, 0, id, longField('x-long', 200));
  },
  'HPACK that refers to no entry': (peer, id) =>
    peer.send(FRAME.headers, END_HEADERS | END_STREAM, id, Buffer.from([0xff, 0x80, 0x01])),
  'HPACK that ends too soon': (peer, id) =>
    peer.send(FRAME.headers, END_HEADERS | END_STREAM, id, Buffer.from([0x88, 0x00, 0x05, 0x61])),
  'a frame larger than allowed': (peer, id) => peer.send(FRAME.data, 0, id, Buffer.alloc(20_000)),
  'DATA before HEADERS': (peer, id) => peer.data(id, 100, true),
  'plain HTTP/1.1': ({ socket }) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
  'random bytes': ({ socket }) => socket.write(Buffer.alloc(64, 0xa5)),
  'HEADERS of no stream': (peer) => peer.send(FRAME.headers, END_HEADERS | END_STREAM, 0, OK),
  'HEADERS of a stream that was never opened': (peer, id) =>
    peer.send(FRAME.headers, END_HEADERS | END_STREAM, id + 100, OK),
  'HEADERS of an even stream': (peer) => peer.send(FRAME.headers, END_HEADERS | END_STREAM, 2, OK),
  'DATA of no stream': (peer) => peer.data(0, 10),
  'RST_STREAM of no stream': (peer) => peer.reset(0, 0),
  'RST_STREAM of a stream that was never opened': (peer, id) => peer.reset(id + 100, 0),
  'a RST_STREAM that is too short': (peer, id) => peer.send(FRAME.rstStream, 0, id, Buffer.alloc(3)),
  'a WINDOW_UPDATE by 0': (peer) => peer.send(FRAME.windowUpdate, 0, 0, Buffer.alloc(4)),
  'a WINDOW_UPDATE by 0 of a stream': (peer, id) => peer.send(FRAME.windowUpdate, 0, id, Buffer.alloc(4)),
  'WINDOW_UPDATEs beyond the largest window': (peer) =>
    peer.send(FRAME.windowUpdate, 0, 0, Buffer.from([0x7f, 255, 255, 255])),
  'SETTINGS of an odd length': (peer) => peer.send(FRAME.settings, 0, 0, Buffer.alloc(5)),
  'SETTINGS with a value that is not allowed': (peer) =>
    peer.send(FRAME.settings, 0, 0, Buffer.from([0, 5, 0, 0, 0, 1])),
  'a PING of the wrong length': (peer) => peer.send(FRAME.ping, 0, 0, Buffer.alloc(7)),
  'a GOAWAY that is too short': (peer) => peer.send(FRAME.goaway, 0, 0, Buffer.alloc(4)),
  'PUSH_PROMISE though it is forbidden': (peer, id) =>
    peer.send(5, END_HEADERS, id, Buffer.concat([Buffer.from([0, 0, 0, 2]), OK])),
  'a CONTINUATION without HEADERS': (peer, id) => peer.send(CONTINUATION, END_HEADERS, id, OK),
  'another frame amid a header block': (peer, id) =>
    peer.send(FRAME.headers, 0, id, OK).send(FRAME.ping, 0, 0, Buffer.alloc(8)),
  'padding longer than its frame': (peer, id) =>
    peer.send(FRAME.headers, END_HEADERS | PADDED, id, Buffer.from([200, 0x88])),
  'HEADERS that depend on themselves': (peer, id) => {
    const payload = Buffer.alloc(6);
    payload.writeUInt32BE(id, 0);
    payload[5] = 0x88;
    peer.send(FRAME.headers, END_HEADERS | END_STREAM | PRIORITY, id, payload);
  },
  'no status': (peer, id) => peer.send(FRAME.headers, END_HEADERS | END_STREAM, id, literal('x-a', 'b')),
  'a field with an upper-case name': (peer, id) =>
    peer.send(FRAME.headers, END_HEADERS | END_STREAM, id, Buffer.concat([OK, literal('X-A', 'b')])),
  'a field of HTTP/1.1': (peer, id) =>
    peer.send(
      FRAME.headers,
      END_HEADERS | END_STREAM,
      id,
      Buffer.concat([OK, literal('connection', 'close')]),
    ),
  'an unknown pseudo-header field': (peer, id) =>
    peer.send(FRAME.headers, END_HEADERS | END_STREAM, id, Buffer.concat([OK, literal(':odd', 'b')])),
  'half a frame': ({ socket }, id) => socket.write(lying(FRAME.headers, END_HEADERS, id, 1000, OK)),
};

/** Violations in the middle of a response. */
const VIOLATIONS_AMID: Record<string, Violation> = {
  'a body longer than content-length': (peer, id) =>
    peer.headers(id, { ':status': 200, 'content-length': 10 }).data(id, 100, true),
  'a body shorter than content-length': (peer, id) =>
    peer.headers(id, { ':status': 200, 'content-length': 1000 }).data(id, 100, true),
  'HEADERS amid a body, which do not end the stream': (peer, id) =>
    peer.headers(id, { ':status': 200 }).data(id, 100).headers(id, { 'x-a': 'b' }),
  'a second status amid a body': (peer, id) =>
    peer.headers(id, { ':status': 200 }).data(id, 100).headers(id, { ':status': 200 }, true),
  'a frame larger than allowed, amid a body': (peer, id) =>
    peer.headers(id, { ':status': 200 }).data(id, 100).data(id, 20_000, true),
  'bad HPACK in trailers': (peer, id) =>
    peer
      .headers(id, { ':status': 200 })
      .data(id, 100)
      .send(FRAME.headers, END_HEADERS | END_STREAM, id, Buffer.from([0xff, 0x80, 0x01])),
  'DATA of a stream that was never opened, amid a body': (peer, id) =>
    peer
      .headers(id, { ':status': 200 })
      .data(id, 100)
      .data(id + 100, 100),
  'plain HTTP/1.1 amid a body': (peer, id) => {
    peer.headers(id, { ':status': 200 }).data(id, 100);
    peer.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  },
};

const WITHIN_HEADERS = /field over|CONTINUATION|amid a header block|HPACK/;

/**
 * All of them, by name, but for those within a header block: Node (seen with 20 and 22) may abort the process when it
 * collects a session that ended in one (https://github.com/nodejs/node/issues/39951).
 */
export const VIOLATIONS: readonly [string, Violation][] = Object.entries({
  ...VIOLATIONS_BEFORE,
  ...VIOLATIONS_AMID,
}).filter(([name]) => !WITHIN_HEADERS.test(name));
