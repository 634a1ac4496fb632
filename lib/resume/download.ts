import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { AxiosProgressEvent, AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import { headerGetter } from '../retry/headers.js';
import type { Continuation, DownloadPlan, DownloadRules } from './plan.js';
import { continuationOf, downloadPlan, rangeFields } from './plan.js';

type Listener = (event: AxiosProgressEvent) => void;

/** Where the pieces of a body belong in it. */
interface PiecePlace {
  /** Zero of a piece's `loaded`. */
  readonly offset: number;
  /** Length of the whole body, if it is known. */
  readonly total: number | undefined;
}

/**
 * Makes of the progress of several responses that of one: `loaded` never falls, `bytes` adds up to it. axios reports
 * late and on its own timers, so events of a response that was cut may come among those of the next.
 */
export class DownloadProgress {
  readonly #listener: Listener;
  #loaded = 0;

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  /** For the first response, whose events are right as they are. */
  readonly onFirst = (event: AxiosProgressEvent): void => {
    if (event.loaded < this.#loaded) return;
    this.#loaded = event.loaded;
    this.#listener(event);
  };

  /** For a response that goes on; `place` is asked when its head is known. */
  onNext(place: () => PiecePlace): Listener {
    return (event) => {
      const { offset, total = event.total } = place();
      const loaded = Math.min(offset + event.loaded, total ?? Number.POSITIVE_INFINITY);
      if (loaded <= this.#loaded) return;
      const { rate } = event;
      const bytes = loaded - this.#loaded;
      this.#loaded = loaded;
      this.#listener({
        ...event,
        loaded,
        total,
        bytes,
        progress: total ? loaded / total : undefined,
        estimated: rate && total ? (total - loaded) / rate : undefined,
        lengthComputable: total !== undefined,
      });
    };
  }
}

/** A response on the wire: what Node's types leave open because servers share them. */
export type ResponseMessage = IncomingMessage & {
  readonly statusCode: number;
  readonly statusMessage: string;
  readonly req?: Pick<ClientRequest, 'getHeader' | 'path' | 'protocol'>;
};

/** The request that a body belongs to. */
export interface DownloadOwner {
  /** Time that is left for retries, in ms. */
  readonly remainingMs: number;
  /** The request goes on, after its response went to the caller. */
  reopen(): void;
  /** Whether another attempt may do better than the one that was cut. */
  mayRecover(cut: Error): boolean;
  /** Whether the body will be the caller's. */
  wants(download: Download): boolean;
  /** Waits for a callback, or for the end of the request. @param begin returns what ends the wait. */
  waitFor(begin: (wake: () => void) => () => void): Promise<void>;
  /**
   * Asks for the rest of the body, as often as it takes.
   *
   * @returns the response with the rest.
   * @throws the error that the body is to end with.
   */
  resume(cut: Error): Promise<AxiosResponse>;
  /** Nobody wants the rest any more. */
  cancel(): void;
}

const FIELDS = ['Range', 'If-Range'] as const;

const UNKNOWN_EXTENT = { start: 0, end: undefined };

/**
 * The body of one GET, which may come in several responses. Sees the head of every response before axios does, and the
 * outcome of every attempt before a retry is decided.
 */
export abstract class Download {
  /** The way to complete the body; `undefined` if there is none. */
  protected plan: DownloadPlan | undefined;
  /** The response under way goes on with a body that was cut. */
  protected continuation: Continuation | undefined;
  /** The error that ended the latest response of which the body got something. */
  protected cut: unknown;
  readonly #rules: DownloadRules;
  readonly #ownFields: readonly unknown[];
  readonly #progress: DownloadProgress | undefined;
  readonly #accepts: InternalAxiosRequestConfig['validateStatus'];
  #hasChanged = false;
  #asksForPart = false;

  constructor(config: InternalAxiosRequestConfig) {
    const { onDownloadProgress, validateStatus, maxContentLength = -1, decompress } = config;
    this.#rules = {
      buffered: config.responseType === 'arraybuffer',
      decodes: decompress !== false,
      maxBytes: maxContentLength,
    };
    this.#ownFields = FIELDS.map((name) => config.headers.get(name));
    this.#accepts = validateStatus;
    if (onDownloadProgress !== undefined) this.#progress = new DownloadProgress(onDownloadProgress);
  }

  /** Whether something of the body has come. */
  get isUnderWay(): boolean {
    return this.plan !== undefined;
  }

  /** Offset of the first byte that is still wanted. */
  protected abstract get offset(): number;

  /** The first response has begun, and there is a plan. */
  protected abstract begin(message: ResponseMessage): void;

  /** A response has begun that goes on with the body, after `skip` bytes that are known. */
  protected abstract proceed(message: ResponseMessage, skip: number): void;

  /** The response for the caller, of an attempt that succeeded. */
  abstract received(response: AxiosResponse): AxiosResponse;

  /** The part of the object that the caller is to get. */
  protected get extent(): Pick<DownloadPlan, 'start' | 'end'> {
    return this.plan ?? UNKNOWN_EXTENT;
  }

  /** Whether a body was cut, so that the next attempt is for the rest of it. */
  protected get isCut(): boolean {
    return this.cut !== undefined && this.plan !== undefined;
  }

  /** The body as the caller has it, who has the response already and reads it as it comes. */
  get delivered(): Readable | undefined {
    return undefined;
  }

  /** Whether the rest is not to be had, because there is another object in place of the one that was begun. */
  get hasChanged(): boolean {
    return this.#hasChanged;
  }

  /**
   * Makes a config ask for the rest. Not on the caller's own headers, which others may hold.
   *
   * @returns `false` if there is no body that was cut.
   */
  request(config: InternalAxiosRequestConfig): boolean {
    if (this.plan === undefined || this.cut === undefined) return false;
    this.#asksForPart = true;
    config.headers = config.headers.concat();
    config.headers.set(rangeFields(this.plan, this.offset));
    return true;
  }

  /** Makes a config ask for what the caller does: sent again by an interceptor, it must not be for a part. */
  restore({ headers }: InternalAxiosRequestConfig): void {
    if (!this.#asksForPart) return;
    for (const [index, name] of FIELDS.entries()) {
      const own = this.#ownFields[index];
      if (own) headers.set(name, own as string);
      else headers.delete(name);
    }
  }

  /** Options of an attempt that differ from the config. */
  overrides(): Partial<InternalAxiosRequestConfig> {
    this.continuation = undefined;
    const progress = this.#progress;
    if (!this.isCut) return progress ? { onDownloadProgress: progress.onFirst } : {};
    const received = this.offset - this.extent.start;
    const place = () => this.#placeOf(received);
    return {
      ...(progress && { onDownloadProgress: progress.onNext(place) }),
      // The caller's own is about the response as a whole, and was asked about the first.
      validateStatus: (status) => status === 200 || status === 206 || status === 416,
    };
  }

  /**
   * Looks at the head of a response, before axios does.
   *
   * @returns `false` if the attempt should end here.
   */
  onResponse(message: ResponseMessage): boolean {
    const head = {
      status: message.statusCode,
      header: headerGetter(message.headers),
      url: finalUrlOf(message),
    };
    if (this.plan === undefined || !this.isCut) {
      const isWelcome = this.#accepts?.(head.status) ?? true;
      this.plan = isWelcome ? downloadPlan(head, this.#rules) : undefined;
      if (this.plan !== undefined) this.begin(message);
      return true;
    }
    this.continuation = continuationOf(this.plan, this.offset, head);
    if (this.continuation.kind === 'piece') {
      this.plan = this.continuation.plan;
      this.proceed(message, this.continuation.skip);
    }
    return this.continuation.kind !== 'changed';
  }

  /**
   * Learns of a failed attempt.
   *
   * @returns the error to fail with.
   */
  failed(error: unknown): unknown {
    if (this.continuation?.kind !== 'changed') return error;
    this.#hasChanged = true;
    const { cut } = this;
    this.forget();
    return cut;
  }

  /** Gives the body up: the next attempt, if there is one, is for all of it. */
  protected forget(): void {
    this.plan = undefined;
    this.cut = undefined;
  }

  #placeOf(received: number) {
    const { plan, continuation, extent } = this;
    const skip = continuation?.kind === 'piece' ? continuation.skip : 0;
    // Progress is that of the encoded body.
    if (plan?.mode !== 'range') return { offset: 0, total: undefined };
    return { offset: received - skip, total: lengthOf(extent) };
  }
}

/** Where a response came from: by its own request, because nobody has told it of redirects yet. */
function finalUrlOf({ req }: ResponseMessage): string | undefined {
  if (typeof req?.getHeader !== 'function') return undefined;
  const { path, protocol } = req;
  // In absolute form it went to a proxy.
  const url = /^https?:/i.test(path) ? path : `${protocol}//${req.getHeader('host')}${path}`;
  return URL.canParse(url) ? new URL(url).href : url;
}

/** Length of what the caller is to get; `undefined` as long as it is not known. */
export function lengthOf({ start, end }: Pick<DownloadPlan, 'start' | 'end'>): number | undefined {
  return end === undefined ? undefined : end - start;
}
