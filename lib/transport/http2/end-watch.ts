import type { ClientHttp2Stream } from 'node:http2';

/**
 * Notes whether a server ended a stream in order, with END_STREAM, before the stream was closed.
 *
 * No event and no property tells: a RST_STREAM with NO_ERROR in the middle of a body looks exactly like the body's end
 * (https://github.com/nodejs/node/blob/v20.x/lib/internal/http2/core.js, `onStreamClose`), except that the stream is
 * closed already when Node ends its readable side.
 */
export class EndWatch {
  #inOrder: boolean | undefined;

  constructor(stream: ClientHttp2Stream) {
    const { push } = stream;
    stream.push = (chunk: unknown, encoding?: BufferEncoding) => {
      if (chunk === null) this.#inOrder ??= !stream.closed;
      return push.call(stream, chunk, encoding);
    };
  }

  /** `undefined` until the stream has ended, in order or not. */
  get inOrder(): boolean | undefined {
    return this.#inOrder;
  }
}
