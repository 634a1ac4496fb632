import type { Call } from './call.js';

/**
 * A transform that goes behind the request's own: gives a body without a Content-Type the policy's default, and notes
 * whether there is one.
 *
 * As a transform, because it has to come after the ones that set a type (JSON, URLSearchParams), and before axios puts
 * `application/x-www-form-urlencoded` on every POST, PUT and PATCH that still has none.
 */
export function addContentType(call: Call, defaultType: string | undefined): void {
  const own = call.transformRequest === undefined ? [] : [call.transformRequest].flat();
  call.encoding = [
    ...own,
    (data: unknown, headers) => {
      call.hasContentType = Boolean(headers.hasContentType(undefined));
      if (defaultType === undefined || call.hasContentType || !wantsType(data)) return data;
      headers.setContentType(defaultType);
      call.hasContentType = true;
      // axios prefers a Blob's own type to the header.
      return data instanceof Blob ? data.slice(0, data.size, defaultType) : data;
    },
  ];
}

/** Forms carry their boundary, and a Blob may know its type; axios sets the header from them later. */
function wantsType(data: unknown): boolean {
  if (data === undefined || data === null) return false;
  if (data instanceof Blob) return data.type === '';
  const { getHeaders, [Symbol.toStringTag]: tag } = data as {
    getHeaders?: unknown;
    [Symbol.toStringTag]?: string;
  };
  return tag !== 'FormData' && typeof getHeaders !== 'function';
}
