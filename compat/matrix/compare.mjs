// @ts-check
import { Agent } from 'node:http';
import { startOrigin } from '../support/origin.mjs';

/** @typedef {import('./cells.mjs').Cell} Cell */

/** @type {[RegExp, string][]} */
const VOLATILE = [
  [/\b\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT\b/g, 'DATE'],
  [/-{4,}formdata-undici-\d+|axios-[\d.]+-boundary-[\w-]+/g, 'BOUNDARY'],
];

/**
 * Makes a value comparable: a picture of it without streams, sockets, chance and the time.
 *
 * @param {unknown} value
 * @param {readonly object[]} [seen]
 * @returns {unknown}
 */
function pictureOf(value, seen = []) {
  if (typeof value === 'string') {
    return VOLATILE.reduce((text, [what, name]) => text.replace(what, name), value);
  }
  if (typeof value === 'function') return `[function ${value.name}]`;
  if (typeof value !== 'object' || value === null) return value;
  if (seen.includes(value)) return '[circular]';
  if (Buffer.isBuffer(value) || value instanceof ArrayBuffer) {
    return { [value.constructor.name]: Buffer.from(/** @type {ArrayBuffer} */ (value)).toString() };
  }
  if (isMachinery(value)) return `[${value.constructor.name}]`;
  const inner = [...seen, value];
  if (Array.isArray(value)) return value.map((item) => pictureOf(item, inner));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, pictureOf(item, inner)]));
}

/** @param {object} value */
function isMachinery(value) {
  return (
    value instanceof Agent ||
    value instanceof AbortSignal ||
    'pipe' in value ||
    'getReader' in value ||
    'setHeader' in value ||
    '_redirectable' in value
  );
}

/** @param {any} response */
async function pictureOfResponse({ data, request, duration, ...rest }) {
  const isStream = typeof data === 'object' && data !== null && Symbol.asyncIterator in data;
  return {
    data: isStream ? await contentOf(data) : pictureOf(data),
    request: request?.constructor?.name,
    duration: typeof duration,
    rest: pictureOf(rest),
  };
}

/** @param {AsyncIterable<Uint8Array>} stream */
async function contentOf(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return { [stream.constructor.name]: Buffer.concat(chunks).toString() };
}

/**
 * @param {Cell} cell
 * @param {any} error
 */
async function pictureOfError({ axios }, error) {
  const { config, response, request, cause, ...rest } = error;
  const { stack: _, ...json } = error.toJSON?.() ?? {};
  return {
    name: error.name,
    message: error.message,
    classes: [error instanceof axios.AxiosError, error instanceof axios.CanceledError, axios.isCancel(error)],
    rest: pictureOf(rest),
    // Its class is none of axios' promises.
    request: Boolean(request),
    cause: cause instanceof Error ? { name: cause.name, message: cause.message } : pictureOf(cause),
    config: pictureOf(config),
    response: response && (await pictureOfResponse(response)),
    json: pictureOf(json),
  };
}

/**
 * @typedef {object} Case
 * @property {Parameters<typeof startOrigin>[0]} [answer]
 * @property {(http: import('axios').AxiosInstance, url: string, axios: Cell['axios']) => Promise<any>} request
 */

/**
 * What a request comes to, as code that uses axios sees it and as the server does.
 *
 * @param {Cell} cell
 * @param {Case} one
 * @param {boolean} withPolicy
 */
async function outcomeOf(cell, { answer, request }, withPolicy) {
  const { axios, adapter, library } = cell;
  const origin = await startOrigin(answer);
  const http = axios.create({ adapter });
  const policy = withPolicy
    ? library.attachPolicy(http, { client: { allowHttp: true }, retry: { maxRetries: 0 } })
    : undefined;
  try {
    const outcome = await request(http, origin.url, axios).then(
      async (response) => ({ resolved: await pictureOfResponse(response) }),
      async (error) => ({ rejected: await pictureOfError(cell, error) }),
    );
    const requests = origin.requests.map(({ bytes: _, ...received }) => pictureOf(received));
    const text = JSON.stringify({ outcome, requests }, (_key, value) => value ?? String(value));
    return JSON.parse(text.replace(/(?<=127\.0\.0\.1:|"port":)\d+/g, '0'));
  } finally {
    await policy?.close({ abort: true });
    await origin.close();
  }
}

/**
 * Makes a request without a policy and with one that retries nothing.
 *
 * @param {Cell} cell
 * @param {Case} one
 */
export async function compare(cell, one) {
  return { bare: await outcomeOf(cell, one, false), withPolicy: await outcomeOf(cell, one, true) };
}
