import type { HeaderGetter } from '../retry/headers.js';

/** The header fields of range requests, for byte ranges: RFC 9110, section 14. */

/** A part of a representation, as `Content-Range` tells of it. */
interface ContentRange {
  /** Offset of the first byte. */
  readonly first: number;
  /** Offset of the last byte, inclusive. */
  readonly last: number;
  /** Length of the whole representation; `undefined` if the server does not know (`*`). */
  readonly size: number | undefined;
}

const RANGE = /^bytes\s+(\d+)-(\d+)\/(\d+|\*)$/i;
const UNSATISFIED = /^bytes\s+\*\/(\d+)$/i;

/**
 * Reads a `Content-Range` field (RFC 9110, section 14.4).
 *
 * @returns `undefined` for none, for another unit than bytes, and for one that is invalid: then the recipient must not
 * recombine what came with anything.
 */
export function parseContentRange(value: string | undefined): ContentRange | undefined {
  const [, first, last, size] = RANGE.exec(value?.trim() ?? '') ?? [];
  if (first === undefined || last === undefined) return undefined;
  const range = {
    first: Number(first),
    last: Number(last),
    size: size === '*' ? undefined : Number(size),
  };
  const isOrdered = range.first <= range.last && (range.size === undefined || range.last < range.size);
  return isOrdered && Number.isSafeInteger(range.size ?? range.last) ? range : undefined;
}

/** The length of the representation, from the `Content-Range` of a 416 (RFC 9110, section 15.5.17). */
export function parseUnsatisfiedSize(value: string | undefined): number | undefined {
  const [, size] = UNSATISFIED.exec(value?.trim() ?? '') ?? [];
  return size === undefined ? undefined : Number(size);
}

/**
 * The `Range` of everything from an offset on.
 *
 * @param end the offset after the last byte; `undefined` for the end of the representation.
 */
export function formatRange(start: number, end: number | undefined): string {
  return `bytes=${start}-${end === undefined ? '' : end - 1}`;
}

/** Whether an `Accept-Ranges` field lists bytes (RFC 9110, section 14.3). */
export function acceptsByteRanges(value: string | undefined): boolean {
  return listed(value).includes('bytes');
}

/** The items of a list of tokens, in lower case. */
function listed(value: string | undefined): readonly string[] {
  return (value ?? '')
    .toLowerCase()
    .split(',')
    .map((item) => item.trim());
}

/**
 * Whether a body that is cut short may be completed by a second response, and whether a response is the one for it. The
 * parts of two representations put together are a file that never was, so whatever is not proven is refused: RFC 9110,
 * section 15.3.7.3.
 */

/** Status and header fields of a response, as the server sent them. */
export interface ResponseHead {
  readonly status: number;
  readonly header: HeaderGetter;
  /** Where it came from, after redirects. */
  readonly url?: string | undefined;
}

/** Options of the request that bear on its response's body. */
export interface DownloadRules {
  /** Whether the body is gathered for the caller, who sees none of it before it is whole. */
  readonly buffered: boolean;
  /** Whether content codings are taken off before the caller sees the body (axios' `decompress`). */
  readonly decodes: boolean;
  /** axios' `maxContentLength`; negative = no limit. */
  readonly maxBytes: number;
}

/** A body under way. Offsets are those of the representation. */
export interface DownloadPlan {
  /**
   * How the rest is had. `range`: it is asked for. `restart`: the whole is, and what is known is passed over, because
   * offsets of a decoded body say nothing of the encoded one.
   */
  readonly mode: 'range' | 'restart';
  /** Where the body comes from: an entity tag speaks of one resource (RFC 9110, section 8.8.3). */
  readonly url?: string | undefined;
  /** The strong entity tag. */
  readonly etag: string;
  /** Lower case; empty for none. */
  readonly coding: string;
  readonly status: number;
  /** Offset of the first byte the caller is to get; 0 in mode `restart`, where offsets are those of the decoded body. */
  readonly start: number;
  /** Offset after the last one; `undefined` as long as it is not known. */
  readonly end: number | undefined;
  /** Length of the representation; `undefined` as long as it is not known. */
  readonly size: number | undefined;
  /** `Content-Range` of the first response. */
  readonly range: string | undefined;
}

/**
 * The meaning of a response for a body that was cut. `piece`: it goes on with it, after `skip` bytes that are known already;
 * `whole`: the body was complete; `changed`: this is another object, or cannot be told from one; `unrelated`: it says
 * nothing of the object, such as a 503.
 */
export type Continuation =
  | { readonly kind: 'piece'; readonly skip: number; readonly plan: DownloadPlan }
  | { readonly kind: 'whole' | 'changed' | 'unrelated' };

const CHANGED: Continuation = Object.freeze({ kind: 'changed' });
const UNRELATED: Continuation = Object.freeze({ kind: 'unrelated' });
const WHOLE: Continuation = Object.freeze({ kind: 'whole' });

/**
 * The plan for a response's body, should it be cut.
 *
 * @returns `undefined` if it could not be completed: the response is no 200 or 206 with a strong `ETag` of a server that
 * takes byte ranges, or its length could be more than `maxBytes`, or it is decoded and nobody has seen any of it yet (a
 * retry of the whole is as good).
 */
export function downloadPlan(head: ResponseHead, rules: DownloadRules): DownloadPlan | undefined {
  const etag = strongTagOf(head);
  if (etag === undefined || !takesRanges(head)) return undefined;
  const coding = codingOf(head);
  const isDecoded = coding !== '' && rules.decodes;
  if (isDecoded && rules.buffered) return undefined;
  const extent = extentOf(head);
  if (extent === undefined) return undefined;
  const length = isDecoded || extent.end === undefined ? Number.POSITIVE_INFINITY : extent.end - extent.start;
  if (length === 0 || (rules.maxBytes >= 0 && length > rules.maxBytes)) return undefined;
  const common = { url: head.url, etag, coding, status: head.status, range: head.header('content-range') };
  return isDecoded
    ? { mode: 'restart', ...common, start: 0, end: undefined, size: undefined }
    : { mode: 'range', ...common, ...extent };
}

/** The header fields that ask for the rest of a body, from an offset on; none if it is to be had from the start. */
export function rangeFields(
  { mode, etag, end }: DownloadPlan,
  offset: number,
): Readonly<Partial<Record<'Range' | 'If-Range', string>>> {
  // RFC 9110, section 13.1.5: the part if the representation is still the same, and else the whole of the new one.
  return mode === 'restart' ? {} : { Range: formatRange(offset, end), 'If-Range': etag };
}

/**
 * The meaning of a response for a body of which everything before `offset` is known.
 *
 * A part may begin before `offset` and end before the body does: a server may send less than it is asked for (RFC 9110,
 * section 15.3.7), so that the rest has to be asked for again.
 */
export function continuationOf(plan: DownloadPlan, offset: number, head: ResponseHead): Continuation {
  const { status } = head;
  if ((status < 300 || status === 416) && head.url !== plan.url) return CHANGED;
  if (status === 416) return isAllThereIs(plan, offset, head) ? WHOLE : CHANGED;
  if (status === 412 || status === 304) return CHANGED;
  if (status >= 300) return UNRELATED;
  if (head.header('etag') !== plan.etag || !isCodedAs(plan, head)) return CHANGED;
  if (plan.mode === 'restart') return restarted(plan, offset, head);
  if (status === 206) return partial(plan, offset, head);
  return status === 200 ? complete(plan, offset, head) : CHANGED;
}

function isCodedAs({ mode, coding }: DownloadPlan, head: ResponseHead): boolean {
  const found = codingOf(head);
  // RFC 9110, section 15.3.7: of what it said before, the answer to an If-Range need say no more than the ETag.
  return found === coding || (found === '' && mode === 'range' && head.status === 206);
}

/** The same response once more: it is passed over as far as it is known. */
function restarted(plan: DownloadPlan, offset: number, { status, header }: ResponseHead): Continuation {
  const isSame = status === plan.status && header('content-range') === plan.range;
  return isSame ? { kind: 'piece', skip: offset, plan } : CHANGED;
}

function partial(plan: DownloadPlan, offset: number, head: ResponseHead): Continuation {
  const range = partOf(head);
  if (range === undefined || range.first > offset || range.last < offset) return CHANGED;
  return piece(plan, offset - range.first, range.size);
}

/** The server ignored the range. */
function complete(plan: DownloadPlan, offset: number, head: ResponseHead): Continuation {
  const size = lengthOf(head);
  // Neither had a length: the body ends where HTTP says so, as that of the first would have.
  if (size === undefined && plan.end === undefined) return { kind: 'piece', skip: offset, plan };
  return piece(plan, offset, size);
}

function piece(plan: DownloadPlan, skip: number, said: number | undefined): Continuation {
  if (said !== undefined && plan.size !== undefined && said !== plan.size) return CHANGED;
  const size = plan.size ?? said;
  const end = plan.end ?? size;
  // Nothing that says where the body ends: it could not be told from a cut one.
  if (end === undefined || (size !== undefined && end > size)) return CHANGED;
  return { kind: 'piece', skip, plan: { ...plan, size, end } };
}

/** A body of unknown length was cut after its last byte, and there is nothing left to ask for. */
function isAllThereIs({ mode, etag, end }: DownloadPlan, offset: number, { header }: ResponseHead): boolean {
  const tag = header('etag');
  if (mode === 'restart' || end !== undefined || (tag !== undefined && tag !== etag)) return false;
  return parseUnsatisfiedSize(header('content-range')) === offset;
}

// Without quotes it is none by RFC 9110, section 8.8.3, but some servers send such, and it is compared as it came.
const STRONG_TAG = /^(?:"[^"]*"|(?!w\/)[^"\s,]+)$/i;

function strongTagOf({ header }: ResponseHead): string | undefined {
  const tag = header('etag');
  return tag !== undefined && STRONG_TAG.test(tag) ? tag : undefined;
}

function takesRanges({ status, header }: ResponseHead): boolean {
  const accepted = header('accept-ranges');
  // A part is proof enough.
  return acceptsByteRanges(accepted) || (accepted === undefined && status === 206);
}

function codingOf({ header }: ResponseHead): string {
  const coding = header('content-encoding')?.trim().toLowerCase() ?? '';
  return coding === 'identity' ? '' : coding;
}

/** The part of the representation that a first response holds. */
function extentOf(head: ResponseHead): Pick<DownloadPlan, 'start' | 'end' | 'size'> | undefined {
  const length = lengthOf(head);
  if (head.status === 200) return { start: 0, end: length, size: length };
  if (head.status !== 206) return undefined;
  const range = partOf(head);
  return range && { start: range.first, end: range.last + 1, size: range.size };
}

/** The part a 206 holds, if it is one and of the length it says. */
function partOf(head: ResponseHead): ContentRange | undefined {
  const range = parseContentRange(head.header('content-range'));
  const length = lengthOf(head);
  const isSound = range && (length === undefined || length === range.last + 1 - range.first);
  return isSound ? range : undefined;
}

function lengthOf({ header }: ResponseHead): number | undefined {
  const value = header('content-length')?.trim() ?? '';
  return /^\d+$/.test(value) ? Number(value) : undefined;
}
