import type { Readable } from 'node:stream';
import { headerGetter } from '../../retry/headers.js';
import { requestedDelayMs } from '../../retry/server-wait.js';
import { type AnswerSeen, shownUrl } from './report.js';

/** A resource that is longer says no more about the server. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

const FIELDS =
  /^(?:connection|keep-alive|date|server|via|alt-svc|retry-after(?:-ms)?|x-ms-retry-after-ms|(?:x-)?rate-?limit.*)$/;

/** The head of an answer, as HTTP/1.1 and HTTP/2 have it alike. */
export interface AnswerHead {
  readonly protocol: AnswerSeen['protocol'];
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly reused: boolean;
  readonly sentMs: number;
}

/** Reads an answer whose head has just arrived. */
export async function readAnswer(url: URL, head: AnswerHead, body: Readable): Promise<AnswerSeen> {
  const firstByteMs = performance.now() - head.sentMs;
  const { bytes, isCut } = await drain(body);
  const fields = Object.entries(head.headers).map(
    ([name, value]) => [name, [value].flat().join(', ')] as const,
  );
  const headers = Object.fromEntries(fields.filter(([name]) => FIELDS.test(name)));
  return {
    protocol: head.protocol,
    status: head.status,
    reused: head.reused,
    firstByteMs,
    bodyMs: performance.now() - head.sentMs - firstByteMs,
    bodyBytes: bytes,
    isCut,
    headers,
    location: locationOf(url, head),
    waitMs: requestedDelayMs(headerGetter(headers), Date.now(), head.status),
  };
}

async function drain(body: Readable): Promise<{ readonly bytes: number; readonly isCut: boolean }> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += (chunk as Buffer).length;
    // Leaving the loop destroys the stream.
    if (bytes > MAX_BODY_BYTES) return { bytes, isCut: true };
  }
  return { bytes, isCut: false };
}

function locationOf(url: URL, { status, headers }: AnswerHead): string | undefined {
  const location = headers.location;
  if (status < 300 || status > 399 || typeof location !== 'string') return undefined;
  return URL.canParse(location, url.href) ? shownUrl(new URL(location, url)) : undefined;
}
