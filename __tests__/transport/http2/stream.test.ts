import type { ClientHttp2Stream } from 'node:http2';
import { Readable } from 'node:stream';
import type { PooledSession } from '../../../lib/transport/http2/session.js';
import { type BodySink, StreamExchange, type StreamOwner } from '../../../lib/transport/http2/stream.js';
import { until } from '../../helpers/wait.js';

describe('a stream whose head is told of after what follows it', () => {
  function start() {
    const stream = Object.assign(new Readable({ read: () => undefined }), {
      rstCode: 0,
      writableFinished: true,
    });
    const liveness = { framesHeard: 0, signsOfLife: 0, heard: () => undefined, ask: () => undefined };
    const session = { liveness, answered: () => undefined, streamClosed: () => undefined };
    const received: string[] = [];
    const sink: BodySink = {
      push: (chunk) => received.push(chunk.toString()) > 0,
      receiveTrailers: () => undefined,
      finish: () => void received.push('end'),
    };
    const owner: StreamOwner = {
      method: 'GET',
      isCollecting: true,
      onInformation: () => undefined,
      onResponse: ({ statusCode }) => {
        received.push(String(statusCode));
        return sink;
      },
      onSettled: ({ kind }) => void received.push(kind),
      onClosed: () => undefined,
    };
    const fake = stream as unknown as ClientHttp2Stream;
    const exchange = new StreamExchange(fake, session as unknown as PooledSession, owner);
    return { stream, received, exchange };
  }

  it('loses nothing of its body, nor the order', async () => {
    const { stream, received, exchange } = start();
    for (const piece of ['one', 'two', 'three']) stream.push(Buffer.from(piece));
    expect(received).toEqual([]);
    stream.emit('response', { ':status': 200 });
    stream.push(Buffer.from('four'));
    expect(received).toEqual(['200', 'one', 'two', 'three', 'four']);
    expect(exchange.progress).toBe(15);
    stream.push(null);
    // As Node does then.
    stream.read(0);
    await until(() => received.length === 7);
    expect(received.slice(5)).toEqual(['whole', 'end']);
  });

  it('takes nothing more once it was cancelled', () => {
    const { stream, received, exchange } = start();
    const close = jest.fn();
    Object.assign(stream, { close });
    exchange.cancel();
    stream.emit('response', { ':status': 200 });
    expect(received).toEqual([]);
    expect([stream.destroyed, close.mock.calls]).toEqual([true, [[8]]]);
  });
});
