import type { RequestConfig } from './axios.js';
import type { Call } from './call.js';
import { randomUuid } from './idempotency-key.js';
import type { Platform } from './platform.js';
import { isWebStream } from './response-body.js';
import { bytesOfSent, wasRead } from './sent-streams.js';

/** What a body is, as far as it matters to sending it twice. */

/** A body of the `form-data` package, also what axios makes of `postForm({ … })`. */
interface FormDataPackage {
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
function isWebForm(data: unknown): boolean {
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

/**
 * Whether a body can be sent a second time, byte for byte. A stream cannot, unless `policy.body` makes it anew: what
 * was read from it is gone, and sending the rest would upload a wrong body with a success for an answer.
 */
export function isReplayable(call: Call, data: unknown): boolean {
  return call.makeBody !== undefined || call.bodySnapshot !== undefined || !isStreamLike(data);
}

/** Sees to it that a form can be sent again as it was: it is streamed out but once, and its boundary is random. */
export function keepForm(call: Call, { data, headers }: RequestConfig, platform: Platform): void {
  if (isInMemoryForm(data)) {
    call.bodySnapshot = wasRead(data) ? bytesOfSent(data) : data.getBuffer();
    headers.setContentType(data.getHeaders()['content-type'] ?? null);
  } else if (isWebForm(data) && platform.adapterName(call.adapter) === 'http') {
    // Of the kind axios recognises, and then uses for its own encoding; not of the kind it makes itself.
    if (headers.getContentType(/boundary=([-\w]{10,70})/i)) return;
    headers.setContentType(`multipart/form-data; boundary=axios-policy-boundary-${randomUuid()}`);
  }
}

/**
 * Replaces a config's body, after the request's own transforms; type and length follow the new body, but for a length
 * that was declared for a stream: nobody else knows it, and object stores refuse an upload without one.
 */
export function setBody(call: Call, config: RequestConfig, data: unknown, platform: Platform): void {
  const { headers } = config;
  const isDeclared = headers.get('Content-Length') === call.declaredLength;
  if (!isDeclared || !isStreamLike(data) || isInMemoryForm(data)) headers.delete('Content-Length');
  if (!call.hasContentType) headers.delete('Content-Type');
  const transforms = call.encoding === undefined ? [] : [call.encoding].flat();
  config.data = transforms.reduce((body: unknown, transform) => transform.call(config, body, headers), data);
  // What axios does after the transforms.
  if (/^(?:post|put|patch)$/i.test(config.method ?? '')) {
    headers.setContentType('application/x-www-form-urlencoded', false);
  }
  call.bodySnapshot = undefined;
  keepForm(call, config, platform);
}

/** What a hook does to the body of the next attempt, and to what the headers say of it. */
export class BodyEdits {
  readonly #call: Call;
  readonly #config: RequestConfig;
  readonly #data: unknown;
  readonly #type: unknown;

  /** To be made before the hook gets the config. */
  constructor(call: Call, config: RequestConfig) {
    this.#call = call;
    this.#config = config;
    this.#data = config.data;
    // The attempt that failed has the same headers.
    config.headers = config.headers.concat();
    const { headers } = config;
    // What axios measured of the last body is not to be taken for declared.
    if (headers.get('Content-Length') !== call.declaredLength) headers.delete('Content-Length');
    this.#type = headers.get('Content-Type');
  }

  /** @throws what the request's transforms do. */
  heed(platform: Platform): void {
    const call = this.#call;
    const { data, headers } = this.#config;
    call.declaredLength = headers.get('Content-Length');
    if (headers.get('Content-Type') !== this.#type) call.hasContentType = true;
    if (data === this.#data) return;
    setBody(call, this.#config, data, platform);
    call.makeBody = undefined;
  }

  undo(): void {
    this.#config.data = this.#data;
  }
}

/**
 * A transform that goes behind the request's own: gives a body without a Content-Type the policy's default, and notes
 * whether there is one.
 *
 * As a transform, because it has to come after the ones that set a type (JSON, URLSearchParams), and before axios puts
 * `application/x-www-form-urlencoded` on every POST, PUT and PATCH that still has none.
 */
export function addContentType(call: Call, defaultType: string | undefined): void {
  const own = call.transformRequest === undefined ? [] : [call.transformRequest].flat();
  call.encoding = [
    ...own,
    (data: unknown, headers) => {
      call.hasContentType = Boolean(headers.hasContentType(undefined));
      if (defaultType === undefined || call.hasContentType || !wantsType(data)) return data;
      headers.setContentType(defaultType);
      call.hasContentType = true;
      // axios prefers a Blob's own type to the header.
      return data instanceof Blob ? data.slice(0, data.size, defaultType) : data;
    },
  ];
}

/** Forms carry their boundary, and a Blob may know its type; axios sets the header from them later. */
function wantsType(data: unknown): boolean {
  if (data === undefined || data === null) return false;
  if (data instanceof Blob) return data.type === '';
  const { getHeaders, [Symbol.toStringTag]: tag } = data as {
    getHeaders?: unknown;
    [Symbol.toStringTag]?: string;
  };
  return tag !== 'FormData' && typeof getHeaders !== 'function';
}
