import type { RequestConfig } from './axios-like.js';
import { isInMemoryForm, isStreamLike, isWebForm } from './body-kinds.js';
import type { Call } from './call.js';
import type { Platform } from './platform.js';
import { bytesOfSent, wasRead } from './sent-streams.js';
import { randomUuid } from './uuid.js';

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
