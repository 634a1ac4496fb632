import type { RequestConfig } from './axios.js';
import { randomUuid } from './idempotency-key.js';
import { bytesOfSent, isStreamLike, isWebStream, wasRead } from './streams.js';

type Headers = RequestConfig['headers'];
type Transforms = RequestConfig['transformRequest'];

/**
 * The body of one logical request, where there is more to it than `config.data`: it is made anew for each attempt, a hook
 * may replace it, a default Content-Type may be due, or its bytes are kept for a second time. Most requests have none.
 */
export class RequestBody {
  /** As they are applied: the caller's, and the policy's own behind them. */
  transforms: Transforms;
  /** Whether the transforms left a Content-Type; axios puts one of its own on what has none. */
  hasContentType = true;
  /** The Content-Length that the caller gave, not axios. */
  declaredLength: ReturnType<Headers['get']> | undefined;
  /** Makes the body of each attempt, until `onRetry` replaces it by one of its own. */
  make: (() => unknown) | undefined;
  /** Bytes of a form, kept from before it was streamed out. */
  snapshot: Buffer | undefined;
  /** Whether it was the body that failed the attempt: `policy.body`, or the stream that it made. */
  failed = false;
  readonly #isHttp: boolean;

  /** @param isHttp whether it is sent by Node, and not by a browser, `fetch` or the caller's own adapter. */
  constructor(transforms: Transforms, isHttp: boolean, make?: () => unknown) {
    this.transforms = transforms;
    this.#isHttp = isHttp;
    this.make = make;
  }

  /**
   * Replaces a config's body, after the request's own transforms; type and length follow the new body, but for a length
   * that was declared for a stream: nobody else knows it, and object stores refuse an upload without one.
   */
  replace(config: RequestConfig, data: unknown): void {
    const { headers } = config;
    const isDeclared = headers.get('Content-Length') === this.declaredLength;
    if (!isDeclared || !isStreamLike(data) || isInMemoryForm(data)) headers.delete('Content-Length');
    if (!this.hasContentType) headers.delete('Content-Type');
    const transforms = this.transforms === undefined ? [] : [this.transforms].flat();
    config.data = transforms.reduce(
      (body: unknown, transform) => transform.call(config, body, headers),
      data,
    );
    // What axios does after the transforms.
    if (/^(?:post|put|patch)$/i.test(config.method ?? '')) {
      headers.setContentType('application/x-www-form-urlencoded', false);
    }
    this.snapshot = keepForm(config, this.#isHttp);
  }

  /**
   * Adds a transform behind the request's own, which gives a body without a Content-Type the policy's default, and notes
   * whether there is one.
   *
   * As a transform, because it has to come after the ones that set a type (JSON, URLSearchParams), and before axios puts
   * `application/x-www-form-urlencoded` on every POST, PUT and PATCH that still has none.
   */
  addContentType(defaultType: string | undefined): void {
    const own = this.transforms === undefined ? [] : [this.transforms].flat();
    this.transforms = [
      ...own,
      (data: unknown, headers) => {
        this.hasContentType = Boolean(headers.hasContentType(undefined));
        if (defaultType === undefined || this.hasContentType || !wantsType(data)) return data;
        headers.setContentType(defaultType);
        this.hasContentType = true;
        // axios prefers a Blob's own type to the header.
        return data instanceof Blob ? data.slice(0, data.size, defaultType) : data;
      },
    ];
  }
}

/** Forms carry their boundary, and a Blob may know its type; axios sets the header from them later. */
function wantsType(data: unknown): boolean {
  if (data === undefined || data === null) return false;
  if (data instanceof Blob) return data.type === '';
  const { getHeaders, [Symbol.toStringTag]: tag }: Partial<FormDataPackage> = data;
  return tag !== 'FormData' && typeof getHeaders !== 'function';
}

/** A body of the `form-data` package, also what axios makes of `postForm({ … })`. */
interface FormDataPackage {
  getBuffer(): Buffer;
  getHeaders(): Readonly<Record<string, string>>;
  readonly _streams?: readonly unknown[];
  readonly _currentStream?: unknown;
  readonly [Symbol.toStringTag]?: string;
}

/** Whether a body is a FormData of the web's kind. */
function isWebForm(data: unknown): boolean {
  if (typeof data !== 'object' || data === null) return false;
  const { [Symbol.toStringTag]: tag }: Partial<FormDataPackage> = data;
  return tag === 'FormData';
}

/** Whether a body is a form of the `form-data` package without a stream in it. */
export function isInMemoryForm(data: unknown): data is FormDataPackage {
  if (!isStreamLike(data)) return false;
  const { getBuffer, getHeaders, _streams, _currentStream }: Partial<FormDataPackage> = data;
  if (typeof getBuffer !== 'function' || typeof getHeaders !== 'function') return false;
  // Parts are strings and buffers, with functions that emit the line ends; anything else is a stream.
  return [...(_streams ?? [undefined]), _currentStream ?? ''].every(
    (part) => typeof part === 'string' || typeof part === 'function' || ArrayBuffer.isView(part),
  );
}

/**
 * Sees to it that a form can be sent again as it was: it is streamed out but once, and its boundary is random.
 *
 * @returns its bytes, if it is one that is emptied by being sent.
 */
export function keepForm({ data, headers }: RequestConfig, isHttp: boolean): Buffer | undefined {
  if (isInMemoryForm(data)) return wasRead(data) ? bytesOfSent(data) : bytesOf(data);
  // Of the kind axios recognises, and then uses for its own encoding; not of the kind it makes itself.
  if (isHttp && isWebForm(data) && !headers.getContentType(/boundary=([-\w]{10,70})/i)) {
    headers.setContentType(`multipart/form-data; boundary=axios-policy-boundary-${randomUuid()}`);
  }
  return undefined;
}

/** The Content-Type of a form of the `form-data` package, which has its boundary. */
export function typeOfForm(data: unknown): string | undefined {
  const { getHeaders }: Partial<FormDataPackage> = data ?? {};
  return getHeaders?.call(data)['content-type'];
}

/** What a form writes. One without parts writes nothing, not even the boundary that ends its buffer. */
function bytesOf(form: FormDataPackage): Buffer {
  const bytes = form.getBuffer();
  return form._streams?.length === 0 ? bytes.subarray(0, 0) : bytes;
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
  const { _streams = [], _currentStream }: Partial<FormDataPackage> = data;
  for (const part of [..._streams, _currentStream]) destroyBody((part as Destroyable | undefined)?.source);
  const stream: Destroyable = data;
  // What it has to say of its end concerns nobody any more, and would end the process.
  stream.on?.('error', ignore);
  stream.destroy?.();
}

function ignore(): void {}

/** Changes of a hook to the body of the next attempt, and to the headers that speak of it. */
export class BodyEdits {
  readonly #body: RequestBody;
  readonly #config: RequestConfig;
  readonly #data: unknown;
  readonly #type: unknown;

  /** To be made before the hook gets the config. */
  constructor(body: RequestBody, config: RequestConfig) {
    this.#body = body;
    this.#config = config;
    this.#data = config.data;
    // The attempt that failed has the same headers.
    config.headers = config.headers.concat();
    const { headers } = config;
    // What axios measured of the last body is not to be taken for declared.
    if (headers.get('Content-Length') !== body.declaredLength) headers.delete('Content-Length');
    this.#type = headers.get('Content-Type');
  }

  /** @throws what the request's transforms do. */
  apply(): void {
    const body = this.#body;
    const { data, headers } = this.#config;
    body.declaredLength = headers.get('Content-Length');
    if (headers.get('Content-Type') !== this.#type) body.hasContentType = true;
    if (data === this.#data) return;
    body.replace(this.#config, data);
    body.make = undefined;
  }

  undo(): void {
    this.#config.data = this.#data;
  }
}
