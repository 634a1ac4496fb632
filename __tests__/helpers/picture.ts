import { Agent } from 'node:http';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import type { AxiosStatic } from 'axios';

/** What is random in a request, and what depends on the time it took. */
const VOLATILE: [RegExp, string][] = [
  [/-{20,}[\w-]+|axios-[\d.]+-boundary-[\w-]+/g, 'BOUNDARY'],
  [/\b\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT\b/g, 'DATE'],
];

/** Makes a value comparable: a picture of it without streams, sockets and chance. */
export function pictureOf(value: unknown, seen: readonly object[] = []): unknown {
  if (typeof value === 'string')
    return VOLATILE.reduce((text, [what, name]) => text.replace(what, name), value);
  if (typeof value === 'function') return `[function ${value.name}]`;
  if (typeof value !== 'object' || value === null) return value;
  if (seen.includes(value)) return '[circular]';
  if (Buffer.isBuffer(value)) return { bytes: pictureOf(value.toString('latin1')) };
  if (value instanceof Readable || value instanceof Agent || value instanceof AbortSignal || isRequest(value))
    return `[${value.constructor?.name}]`;
  const inner = [...seen, value];
  if (Array.isArray(value)) return value.map((item) => pictureOf(item, inner));
  const entries = Object.entries(value).map(([key, item]) => [key, pictureOf(item, inner)]);
  return { '': Object.prototype.toString.call(value), ...Object.fromEntries(entries) };
}

const isRequest = (value: object): boolean => 'setHeader' in value || '_redirectable' in value;

/** Whatever their order. */
const keysOf = (value: object): object => Object.fromEntries(Object.keys(value).map((key) => [key, true]));

/** A picture of the request of a response or an error. */
type PictureOfRequest = (request: unknown, isOfError: boolean) => unknown;

/** What does not depend on the time it took. Behind the redirect follower the request of an error is a stream of that. */
const briefly: PictureOfRequest = (request, isOfError) => {
  if (isOfError || request === undefined) return request !== undefined;
  const { constructor: Class, res } = request as {
    constructor?: { name: string };
    res?: { responseUrl?: string };
  };
  return { class: Class?.name, responseUrl: res?.responseUrl };
};

/** A response or an error as code that uses axios sees it. */
export async function pictureOfOutcome(
  axios: AxiosStatic,
  request: () => Promise<unknown>,
  ofRequest: PictureOfRequest = briefly,
): Promise<unknown> {
  const outcome = await request().then(
    (response) => ({ response }),
    (error: unknown) => ({ error }),
  );
  // By now Node has told of the end of the exchange.
  await turn();
  if ('response' in outcome) return { resolved: await pictureOfResponse(outcome.response, ofRequest) };
  return { rejected: await pictureOfError(axios, outcome.error, ofRequest) };
}

async function pictureOfResponse(response: unknown, ofRequest: PictureOfRequest): Promise<unknown> {
  if (typeof response !== 'object' || response === null || !('data' in response)) return pictureOf(response);
  const { data, request, duration, ...rest } = response as Record<string, unknown>;
  return {
    keys: keysOf(response),
    data: data instanceof Readable ? await contentOf(data) : pictureOf(data),
    request: ofRequest(request, false),
    duration: typeof duration,
    ...(pictureOf(rest) as object),
  };
}

type Fields = Record<string, unknown>;

/** Those of `fields` that there are. */
const pick = (value: Fields, fields: readonly string[]): Fields =>
  Object.fromEntries(fields.filter((field) => field in value).map((field) => [field, value[field]]));

const OF_REQUEST = ['method', 'path', 'host', 'protocol', 'finished', 'writableEnded', 'aborted', '_header'];
const OF_MESSAGE = [
  ...['statusCode', 'statusMessage', 'httpVersion', 'headers', 'rawHeaders', 'trailers', 'rawTrailers'],
  ...['complete', 'aborted', 'responseUrl', 'redirects'],
];
const OF_FOLLOWER = [
  ...[
    '_currentUrl',
    '_redirectCount',
    '_redirects',
    '_ended',
    '_ending',
    '_isRedirect',
    '_requestBodyLength',
  ],
];
const OF_OPTIONS = [
  ...['method', 'path', 'pathname', 'search', 'hostname', 'port', 'protocol', 'headers', 'maxRedirects'],
  ...['maxBodyLength', 'sensitiveHeaders', 'href', 'host'],
];

/** What code reads of `response.request` and `error.request`. How far these came may depend on the time it took. */
export function pictureOfRequest(request: unknown): unknown {
  if (typeof request !== 'object' || request === null) return request;
  if ('_currentRequest' in request) return pictureOfFollower(request as Fields);
  const { _redirectable: follower } = request as { _redirectable?: object };
  return {
    ...pictureOfNative(request),
    follower: follower && pictureOfFollower(follower as Fields, request),
  };
}

function pictureOfNative(request: object): object {
  const { res, socket, getHeaders } = request as Fields;
  return {
    class: request.constructor?.name,
    ...(pictureOf(pick(request as Fields, OF_REQUEST)) as object),
    headers: typeof getHeaders === 'function' ? pictureOf(getHeaders.call(request)) : undefined,
    socket: typeof socket,
    res: typeof res === 'object' && res !== null ? pictureOf(pick(res as Fields, OF_MESSAGE)) : res,
  };
}

function pictureOfFollower(follower: Fields, of?: object): unknown {
  const { _options: options, _currentRequest: current, _requestBodyBuffers: buffers } = follower;
  return {
    ...(pictureOf(pick(follower, OF_FOLLOWER)) as object),
    buffers: (buffers as unknown[]).length,
    options: pictureOf({ ...pick(options as Fields, OF_OPTIONS), port: String((options as Fields).port) }),
    current: current === of ? 'the request itself' : pictureOfNative(current as object),
  };
}

async function contentOf(stream: Readable): Promise<unknown> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of stream) chunks.push(Buffer.from(chunk as Buffer));
    return { streamed: pictureOf(Buffer.concat(chunks)) };
  } catch (error) {
    const { name, message, code } = error as NodeJS.ErrnoException;
    return { brokenAt: chunks.length, name, message, code };
  }
}

async function pictureOfError(
  axios: AxiosStatic,
  error: unknown,
  ofRequest: PictureOfRequest,
): Promise<unknown> {
  if (!(error instanceof Error)) return pictureOf(error);
  const { config, response, request, cause, ...rest } = error as Error & Record<string, unknown>;
  const { stack: _, ...json } = (error as { toJSON?(): Record<string, unknown> }).toJSON?.() ?? {};
  return {
    name: error.name,
    message: error.message,
    isAxiosError: error instanceof axios.AxiosError,
    isCanceledError: error instanceof axios.CanceledError,
    isCancel: axios.isCancel(error),
    keys: keysOf(error),
    rest: pictureOf(rest),
    request: ofRequest(request, true),
    cause: cause instanceof Error ? { name: cause.name, message: cause.message } : pictureOf(cause),
    config: pictureOf(config),
    response: response === undefined ? undefined : await pictureOfResponse(response, ofRequest),
    json: pictureOf(json),
  };
}

/** For `JSON.stringify`, which would leave out what is undefined. */
export const keepUndefined = (_key: string, value: unknown): unknown =>
  value === undefined
    ? '[undefined]'
    : typeof value === 'bigint' || Number.isNaN(value)
      ? String(value)
      : value;
