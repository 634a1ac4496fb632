import type { OutgoingHttpHeader, OutgoingHttpHeaders } from 'node:http';
import { Http2HeaderSizeError } from '../../errors.js';

/** What a field counts beside its text (RFC 9113, section 6.5.2). */
const FIELD_BYTES = 32;

/**
 * The largest header block that nghttp2 sends. By its own count, which is lower, but for which it would reset the stream
 * with REFUSED_STREAM as if the server had, and end the connection.
 */
const MAX_BLOCK_BYTES = 64 * 1024;

/** What nghttp2 counts for a field beside its text, and for the block (`nghttp2_hd_deflate_bound`). */
const BLOCK_FIELD_BYTES = 12;
const BLOCK_BYTES = 17;

/**
 * Checks that the header fields of a request can be sent.
 *
 * @param peerLimit SETTINGS_MAX_HEADER_LIST_SIZE of the server.
 * @throws {Http2HeaderSizeError} they are too large for the server or for Node.
 */
export function assertHeaderSize(
  headers: OutgoingHttpHeaders,
  peerLimit: number | undefined,
  target: string,
): void {
  let fields = 0;
  let bytes = 0;
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    const values = Array.isArray(value) ? value.length : 1;
    fields += values;
    bytes += values * name.length + textBytes(value);
  }
  if (bytes + fields * BLOCK_FIELD_BYTES + BLOCK_BYTES > MAX_BLOCK_BYTES)
    throw new Http2HeaderSizeError(target, bytes, `more than the ${MAX_BLOCK_BYTES} that Node sends`);
  const listSize = bytes + fields * FIELD_BYTES;
  if (peerLimit !== undefined && listSize > peerLimit)
    throw new Http2HeaderSizeError(target, listSize, `more than the ${peerLimit} that the server takes`);
}

function textBytes(value: OutgoingHttpHeader | undefined): number {
  if (typeof value === 'string') return value.length;
  if (!Array.isArray(value)) return String(value).length;
  return value.reduce((sum, { length }) => sum + length, 0);
}
