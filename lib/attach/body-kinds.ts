/** What a body is, as far as it matters to sending it twice. */
import { isWebStream } from './web-body.js';

/** A body of the `form-data` package, also what axios makes of `postForm({ … })`. */
export interface FormDataPackage {
  getBuffer(): Buffer;
  getHeaders(): Readonly<Record<string, string>>;
  readonly _streams?: readonly unknown[];
  readonly _currentStream?: unknown;
}

/** Whether a body is read as it is sent: a Node stream, a stream of the web's kind, a form of the `form-data` package. */
export function isStreamLike(data: unknown): data is object {
  if (typeof data !== 'object' || data === null) return false;
  const { pipe, getReader } = data as { pipe?: unknown; getReader?: unknown };
  return typeof pipe === 'function' || typeof getReader === 'function';
}

/** Whether a body is a FormData of the web's kind. */
export function isWebForm(data: unknown): boolean {
  return (data as { [Symbol.toStringTag]?: string } | null | undefined)?.[Symbol.toStringTag] === 'FormData';
}

/** Whether a body is a form of the `form-data` package without a stream in it. */
export function isInMemoryForm(data: unknown): data is FormDataPackage {
  if (!isStreamLike(data)) return false;
  const form = data as Partial<FormDataPackage>;
  if (typeof form.getBuffer !== 'function' || typeof form.getHeaders !== 'function') return false;
  // Parts are strings and buffers, with functions that emit the line ends; anything else is a stream.
  return [...(form._streams ?? [undefined]), form._currentStream ?? ''].every(
    (part) => typeof part === 'string' || typeof part === 'function' || ArrayBuffer.isView(part),
  );
}

interface Destroyable {
  destroy?(): unknown;
  on?(event: 'error', listener: () => void): unknown;
  /** Of a stream within a form, the stream itself. */
  readonly source?: unknown;
}

/** Lets go of what a body holds (a file, a connection), if it is a stream. To be called for what nobody else has. */
export function destroyBody(data: unknown): void {
  // A form in memory holds nothing, and is emptied by its end.
  if (!isStreamLike(data) || isInMemoryForm(data)) return;
  if (isWebStream(data)) {
    // One that is being read is ended by whoever reads it.
    if (!data.locked) data.cancel().catch(ignore);
    return;
  }
  const { _streams = [], _currentStream } = data as Partial<FormDataPackage>;
  for (const part of [..._streams, _currentStream]) destroyBody((part as Destroyable | undefined)?.source);
  const stream = data as Destroyable;
  // What it has to say of its end concerns nobody any more, and would end the process.
  stream.on?.('error', ignore);
  stream.destroy?.();
}

function ignore(): void {}
