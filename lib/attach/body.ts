import type { RequestConfig } from './axios-like.js';
import type { Call } from './call.js';
import type { Platform } from './platform.js';
import { randomUuid } from './uuid.js';

/** A body of the `form-data` package, also what axios makes of `postForm({ … })`. */
interface FormDataPackage {
  getBuffer(): Buffer;
  getHeaders(): Readonly<Record<string, string>>;
  readonly _streams?: readonly unknown[];
}

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
    call.bodySnapshot = data.getBuffer();
    headers.setContentType(data.getHeaders()['content-type'] ?? null);
  } else if (isWebForm(data) && platform.adapterName(call.adapter) === 'http') {
    // Of the kind axios recognises, and then uses for its own encoding; not of the kind it makes itself.
    if (headers.getContentType(/boundary=([-\w]{10,70})/i)) return;
    headers.setContentType(`multipart/form-data; boundary=axios-policy-boundary-${randomUuid()}`);
  }
}

/** Makes the body of an attempt with the request's `policy.body`, encoded as axios would encode `data`. */
export async function renewBody(call: Call, config: RequestConfig, platform: Platform): Promise<void> {
  if (call.makeBody !== undefined) setBody(call, config, await call.makeBody(), platform);
}

/** Replaces a config's body, after the request's own transforms; length and type follow the new body. */
export function setBody(call: Call, config: RequestConfig, data: unknown, platform: Platform): void {
  const { headers } = config;
  headers.delete('Content-Length');
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

function isStreamLike(data: unknown): boolean {
  if (typeof data !== 'object' || data === null) return false;
  const { pipe, getReader } = data as { pipe?: unknown; getReader?: unknown };
  return typeof pipe === 'function' || typeof getReader === 'function';
}

function isWebForm(data: unknown): boolean {
  return (data as { [Symbol.toStringTag]?: string } | null | undefined)?.[Symbol.toStringTag] === 'FormData';
}

function isInMemoryForm(data: unknown): data is FormDataPackage {
  if (!isStreamLike(data)) return false;
  const form = data as Partial<FormDataPackage>;
  if (typeof form.getBuffer !== 'function' || typeof form.getHeaders !== 'function') return false;
  // Parts are strings and buffers, with functions that emit the line ends; anything else is a stream.
  return (form._streams ?? [undefined]).every(
    (part) => typeof part === 'string' || typeof part === 'function' || ArrayBuffer.isView(part),
  );
}
