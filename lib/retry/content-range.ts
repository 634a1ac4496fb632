/** The header fields of range requests, for byte ranges: RFC 9110, section 14. */

/** A part of a representation, as `Content-Range` tells of it. */
export interface ContentRange {
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
