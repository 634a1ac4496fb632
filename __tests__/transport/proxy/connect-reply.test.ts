import { Socket } from 'node:net';
import { getDefaultHighWaterMark } from 'node:stream';
import { guardConnectReply } from '../../../lib/transport/proxy/tunnel.js';

/** A socket without a connection, and a way to let it receive something. */
function start() {
  const guard = guardConnectReply();
  const socket = new Socket();
  const receive = (text: string): boolean => {
    const { buffer, callback } = guard.onread;
    const shared = buffer as Uint8Array;
    shared.set(Buffer.from(text));
    return callback.call(socket, text.length, shared);
  };
  // Newer Nodes give the pieces one by one.
  const read = (): string => {
    let text = '';
    for (let piece = socket.read(); piece !== null; piece = socket.read()) text += piece;
    return text;
  };
  return { guard, socket, receive, read };
}

describe('before the release', () => {
  it('shows the head and keeps what follows it', () => {
    const { receive, read } = start();
    receive('HTTP/1.1 200 OK\r\n\r\nrest');
    expect(read()).toBe('HTTP/1.1 200 OK\r\n\r\n');
    expect(read()).toBe('');
  });

  it.each([1, 2, 3, 17, 18])('finds the end of a head that comes in pieces of %d bytes', (size) => {
    const { guard, socket, receive, read } = start();
    const text = 'HTTP/1.1 200 OK\r\n\r\n-rest-';
    for (let i = 0; i < text.length; i += size) receive(text.slice(i, i + size));
    expect(read()).toBe('HTTP/1.1 200 OK\r\n\r\n');
    guard.release(socket);
    expect(read()).toBe('-rest-');
  });

  it('keeps several pieces in their order', () => {
    const { guard, socket, receive, read } = start();
    for (const piece of ['HTTP/1.1 200 OK\r\n\r\n', 'one ', 'two ', 'three']) receive(piece);
    read();
    guard.release(socket);
    expect(read()).toBe('one two three');
  });

  it.each([1, 5, 12, 13, 14, 64, 400])(
    'leaves out interim responses that come in pieces of %d bytes',
    (size) => {
      const { guard, socket, receive, read } = start();
      const interim = ['100 Continue', '102 Processing\r\nVia: 1.1 proxy', '103 Early Hints\r\nLink: </a>'];
      const text = `${interim.map((head) => `HTTP/1.1 ${head}\r\n\r\n`).join('')}HTTP/1.1 200 OK\r\n\r\nrest`;
      for (let i = 0; i < text.length; i += size) receive(text.slice(i, i + size));
      expect(read()).toBe('HTTP/1.1 200 OK\r\n\r\n');
      guard.release(socket);
      expect(read()).toBe('rest');
    },
  );

  it('shows a switch to another protocol, which nobody asked for', () => {
    const { receive, read } = start();
    receive('HTTP/1.1 101 Switching Protocols\r\n\r\nHTTP/1.1 200 OK\r\n\r\n');
    expect(read()).toBe('HTTP/1.1 101 Switching Protocols\r\n\r\n');
  });

  it('ends the connection at more than 16 KiB of interim responses', () => {
    const { socket, receive } = start();
    socket.on('error', () => {});
    const interim = 'HTTP/1.1 102 Processing\r\n\r\n';
    let count = 0;
    while (receive(interim)) count += 1;
    expect(count).toBe(Math.floor((16 * 1024) / interim.length));
    expect(socket.errored?.message).toMatch(/too long/);
  });

  it('ends the connection at a head of more than 16 KiB', () => {
    const { socket, receive } = start();
    socket.on('error', () => {});
    // Whether the reader keeps pace, with as much as Node lets a stream hold.
    expect(receive('x'.repeat(16 * 1024))).toBe(getDefaultHighWaterMark(false) > 16 * 1024);
    expect(socket.destroyed).toBe(false);
    expect(receive('x')).toBe(false);
    expect(socket.errored?.message).toMatch(/too long/);
  });
});

describe('after the release', () => {
  it('lets everything pass, behind what was kept', () => {
    const { guard, socket, receive, read } = start();
    receive('HTTP/1.1 200 OK\r\n\r\nfirst ');
    read();
    guard.release(socket);
    receive('second\r\n\r\n');
    expect(read()).toBe('first second\r\n\r\n');
  });

  it('adds nothing where nothing was kept', () => {
    const { guard, socket, receive, read } = start();
    receive('HTTP/1.1 200 OK\r\n\r\n');
    read();
    guard.release(socket);
    expect(socket.readableLength).toBe(0);
  });

  it('passes on whether the reader keeps pace', () => {
    const { guard, socket, receive, read } = start();
    receive('HTTP/1.1 200 OK\r\n\r\n');
    read();
    guard.release(socket);
    expect(receive('x')).toBe(true);
    expect(receive('x'.repeat(getDefaultHighWaterMark(false)))).toBe(false);
  });
});
