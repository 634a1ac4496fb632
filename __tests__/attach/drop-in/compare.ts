import { Agent } from 'node:http';
import { Readable } from 'node:stream';
import type { AxiosInstance, AxiosStatic, CreateAxiosDefaults } from 'axios';
import { attachPolicy } from '../../../lib/index.js';
import { type Origin, startOrigin } from '../../helpers/origin.js';

/** What a case is given to make its request with. */
export interface World {
  axios: AxiosStatic;
  http: AxiosInstance;
  origin: Origin;
  url: string;
}

/** A request that has to go the same way with a policy and without. */
export interface Case {
  /** A sentence about the request. */
  is: string;
  defaults?: CreateAxiosDefaults;
  /** What the origin answers; it is asked twice. */
  arrange?(origin: Origin): void;
  request(world: World): Promise<unknown>;
}

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
    return `[${value.constructor.name}]`;
  const inner = [...seen, value];
  if (Array.isArray(value)) return value.map((item) => pictureOf(item, inner));
  const entries = Object.entries(value).map(([key, item]) => [key, pictureOf(item, inner)]);
  return { '': Object.prototype.toString.call(value), ...Object.fromEntries(entries) };
}

const isRequest = (value: object): boolean => 'setHeader' in value || '_redirectable' in value;

/** Whatever their order. */
const keysOf = (value: object): object => Object.fromEntries(Object.keys(value).map((key) => [key, true]));

/** A response or an error as code that uses axios sees it. */
export async function pictureOfOutcome(
  axios: AxiosStatic,
  request: () => Promise<unknown>,
): Promise<unknown> {
  try {
    return { resolved: await pictureOfResponse(await request()) };
  } catch (error) {
    return { rejected: await pictureOfError(axios, error) };
  }
}

async function pictureOfResponse(response: unknown): Promise<unknown> {
  if (typeof response !== 'object' || response === null || !('data' in response)) return pictureOf(response);
  const { data, request, duration, ...rest } = response as Record<string, unknown>;
  return {
    keys: keysOf(response),
    data: data instanceof Readable ? await contentOf(data) : pictureOf(data),
    request: (request as object | undefined)?.constructor?.name,
    responseUrl: (request as { res?: { responseUrl?: string } } | undefined)?.res?.responseUrl,
    duration: typeof duration,
    ...(pictureOf(rest) as object),
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

async function pictureOfError(axios: AxiosStatic, error: unknown): Promise<unknown> {
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
    // Its class is none of axios' promises: behind the redirect follower it is a stream of that.
    request: request !== undefined,
    cause: cause instanceof Error ? { name: cause.name, message: cause.message } : pictureOf(cause),
    config: pictureOf(config),
    response: response === undefined ? undefined : await pictureOfResponse(response),
    json: pictureOf(json),
  };
}

/** What the origin was asked, byte for byte. */
const pictureOfRequests = ({ requests }: Origin): unknown =>
  requests.map(({ method, url, rawHeaders, body }) => pictureOf({ method, url, rawHeaders, body }));

/** A case as it went without a policy, as the first request with one, and as a later one. */
export interface Comparison {
  bare: unknown;
  first: unknown;
  later: unknown;
}

/**
 * Runs a case on a bare instance, and on ones with a policy.
 *
 * @param create if it does not give each of them an instance of its own.
 */
export async function compare(
  axios: AxiosStatic,
  { defaults, arrange, request }: Case,
  create?: () => AxiosInstance,
): Promise<Comparison> {
  const run = async (which: keyof Comparison) => {
    const origin = await startOrigin();
    arrange?.(origin);
    const http = create?.() ?? axios.create(defaults);
    const before = { ...http.defaults };
    const policy =
      which === 'bare'
        ? undefined
        : attachPolicy(http, { client: { allowHttp: true }, retry: { maxRetries: 0 } });
    if (which === 'later') await warm(http);
    const outcome = await pictureOfOutcome(axios, async () =>
      request({ axios, http, origin, url: origin.url }),
    );
    const untouched = Object.entries(before).every(
      ([key, value]) => Reflect.get(http.defaults, key) === value,
    );
    await policy?.close({ abort: true });
    const picture = { untouched, outcome, requests: pictureOfRequests(origin) };
    await origin.close();
    return JSON.parse(JSON.stringify(picture, keepUndefined).replaceAll(String(origin.port), 'PORT'));
  };
  if (create !== undefined)
    return { bare: await run('bare'), first: await run('first'), later: await run('later') };
  const [bare, first, later] = await Promise.all([run('bare'), run('first'), run('later')]);
  return { bare, first, later };
}

/** Makes a request that a policy may learn from, on a connection of its own. */
async function warm(http: AxiosInstance): Promise<void> {
  const origin = await startOrigin();
  await http.get(origin.url, { timeout: 0, maxRedirects: 5 });
  await origin.close();
}

const keepUndefined = (_key: string, value: unknown): unknown =>
  value === undefined
    ? '[undefined]'
    : typeof value === 'bigint' || Number.isNaN(value)
      ? String(value)
      : value;
