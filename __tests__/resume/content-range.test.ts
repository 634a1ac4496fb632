import type { DownloadPlan, DownloadRules, ResponseHead } from '../../lib/resume/plan.js';
import {
  acceptsByteRanges,
  continuationOf,
  downloadPlan,
  formatRange,
  parseContentRange,
  parseUnsatisfiedSize,
  rangeFields,
} from '../../lib/resume/plan.js';
import { headerGetter } from '../../lib/retry/headers.js';

type Fields = Record<string, string | undefined>;

const head = (status: number, fields: Fields): ResponseHead => ({ status, header: headerGetter(fields) });

describe('a Content-Range', () => {
  it.each([
    ['bytes 0-0/1', { first: 0, last: 0, size: 1 }],
    ['bytes 5-11/12', { first: 5, last: 11, size: 12 }],
    ['Bytes  5-11/12 ', { first: 5, last: 11, size: 12 }],
    ['bytes 5-11/*', { first: 5, last: 11, size: undefined }],
  ])('such as %j is read', (value, range) => {
    expect(parseContentRange(value)).toEqual(range);
  });

  it.each<[string | undefined, string]>([
    [undefined, 'there is none'],
    ['', 'it is empty'],
    ['items 0-1/2', 'its unit is not bytes'],
    ['bytes */12', 'it is that of a 416'],
    ['bytes 5-4/12', 'it ends before it begins'],
    ['bytes 5-12/12', 'it ends behind the end'],
    ['bytes 5-/12', 'it has no end'],
    ['bytes -5/12', 'it has no beginning'],
    ['bytes 5-11', 'it has no size'],
    ['bytes 0-1,3-4/12', 'it is several'],
    ['bytes 0-9007199254740992/9007199254740993', 'its numbers are not exact'],
    ['bytes 9007199254740992-9007199254740993/*', 'its numbers are not exact, without a size'],
  ])('such as %j is none: %s', (value) => {
    expect(parseContentRange(value)).toBeUndefined();
  });

  it.each([
    ['bytes */12', 12],
    ['BYTES */0', 0],
    ['bytes */*', undefined],
    ['bytes 0-1/2', undefined],
    [undefined, undefined],
  ])('of a 416 such as %j has the size %p', (value, size) => {
    expect(parseUnsatisfiedSize(value)).toBe(size);
  });
});

describe('a Range', () => {
  it('ends with the last byte, inclusive', () => {
    expect(formatRange(5, 12)).toBe('bytes=5-11');
    expect(formatRange(0, 1)).toBe('bytes=0-0');
  });

  it('is open where the end is not known', () => {
    expect(formatRange(5, undefined)).toBe('bytes=5-');
  });
});

describe('Accept-Ranges', () => {
  it.each([
    ['bytes', true],
    ['Bytes', true],
    ['items, bytes', true],
    ['none', false],
    ['kilobytes', false],
    [undefined, false],
  ])('%j takes byte ranges: %p', (value, expected) => {
    expect(acceptsByteRanges(value)).toBe(expected);
  });
});

const RULES: DownloadRules = { buffered: false, decodes: true, maxBytes: -1 };
const WHOLE = { etag: '"v1"', 'accept-ranges': 'bytes', 'content-length': '12' };
const PART = { etag: '"v1"', 'content-range': 'bytes 6-11/20', 'content-length': '6' };

/** The plan for a response, which has to have one. */
function planOf(status: number, fields: Fields, rules: Partial<DownloadRules> = {}): DownloadPlan {
  const plan = downloadPlan(head(status, fields), { ...RULES, ...rules });
  if (plan === undefined) throw new Error('there is no plan');
  return plan;
}

describe('a response whose body can be completed', () => {
  it('is a 200 with a strong ETag of a server that takes byte ranges', () => {
    expect(planOf(200, WHOLE)).toEqual({
      mode: 'range',
      etag: '"v1"',
      coding: '',
      status: 200,
      start: 0,
      end: 12,
      size: 12,
      range: undefined,
    });
  });

  it('is a 206, which proves that the server takes ranges', () => {
    expect(planOf(206, PART)).toMatchObject({ mode: 'range', start: 6, end: 12, size: 20 });
  });

  it('may not know how long it is', () => {
    expect(planOf(200, { ...WHOLE, 'content-length': undefined })).toMatchObject({ end: undefined });
    expect(planOf(206, { ...PART, 'content-range': 'bytes 6-11/*' })).toMatchObject({
      end: 12,
      size: undefined,
    });
  });

  it('may have an ETag without quotes, as some servers send it', () => {
    expect(planOf(200, { ...WHOLE, etag: '123' }).etag).toBe('123');
  });

  it('may have a coding that is not taken off', () => {
    const gzip = { ...WHOLE, 'content-encoding': 'gzip' };
    expect(planOf(200, gzip, { decodes: false })).toMatchObject({ mode: 'range', coding: 'gzip', end: 12 });
    expect(planOf(200, { ...WHOLE, 'content-encoding': 'identity' })).toMatchObject({
      mode: 'range',
      coding: '',
    });
  });

  it('begins anew where it is decoded and somebody reads it already', () => {
    expect(planOf(200, { ...WHOLE, 'content-encoding': 'GZIP' })).toMatchObject({
      mode: 'restart',
      coding: 'gzip',
      start: 0,
      end: undefined,
    });
  });

  it('may be as long as maxContentLength', () => {
    expect(planOf(200, WHOLE, { maxBytes: 12 }).end).toBe(12);
  });
});

describe('a response whose body cannot be completed', () => {
  it.each<[string, number, Fields, Partial<DownloadRules>]>([
    ['has a weak ETag', 200, { ...WHOLE, etag: 'W/"v1"' }, {}],
    ['has a weak ETag in lower case and without quotes', 200, { ...WHOLE, etag: 'w/v1' }, {}],
    ['has no ETag', 200, { ...WHOLE, etag: undefined }, {}],
    ['has several ETags', 200, { ...WHOLE, etag: '"v1", "v2"' }, {}],
    ['says nothing of ranges', 200, { ...WHOLE, 'accept-ranges': undefined }, {}],
    ['takes no ranges', 200, { ...WHOLE, 'accept-ranges': 'none' }, {}],
    ['is a part of a server that takes none', 206, { ...PART, 'accept-ranges': 'none' }, {}],
    ['is a part without a Content-Range', 206, { ...PART, 'content-range': undefined }, {}],
    ['is a part of another length than it says', 206, { ...PART, 'content-length': '5' }, {}],
    ['is empty', 200, { ...WHOLE, 'content-length': '0' }, {}],
    ['is no success', 404, WHOLE, {}],
    ['is another success', 203, WHOLE, {}],
    ['is longer than maxContentLength', 200, WHOLE, { maxBytes: 11 }],
    ['could be longer than it', 200, { ...WHOLE, 'content-length': undefined }, { maxBytes: 100 }],
    ['could be longer decoded', 200, { ...WHOLE, 'content-encoding': 'br' }, { maxBytes: 100 }],
    ['is decoded, and nobody has seen it', 200, { ...WHOLE, 'content-encoding': 'br' }, { buffered: true }],
  ])('%s', (_why, status, fields, rules) => {
    expect(downloadPlan(head(status, fields), { ...RULES, ...rules })).toBeUndefined();
  });
});

describe('the request for the rest', () => {
  it('asks for it under the condition that the object is the same', () => {
    expect(rangeFields(planOf(200, WHOLE), 5)).toEqual({ Range: 'bytes=5-11', 'If-Range': '"v1"' });
  });

  it('asks for the rest of a part', () => {
    expect(rangeFields(planOf(206, PART), 8)).toEqual({ Range: 'bytes=8-11', 'If-Range': '"v1"' });
  });

  it('has an open end where that is not known', () => {
    const plan = planOf(200, { ...WHOLE, 'content-length': undefined });
    expect(rangeFields(plan, 5)).toMatchObject({ Range: 'bytes=5-' });
  });

  it('is the same as before where the body begins anew', () => {
    expect(rangeFields(planOf(200, { ...WHOLE, 'content-encoding': 'gzip' }), 5)).toEqual({});
  });
});

describe('a response to the request for the rest', () => {
  const plan = planOf(200, WHOLE);
  const unsized = planOf(200, { ...WHOLE, 'content-length': undefined });
  const part = planOf(206, PART);
  const partOfUnknown = planOf(206, { ...PART, 'content-range': 'bytes 6-11/*' });
  const REST = { etag: '"v1"', 'content-range': 'bytes 5-11/12', 'content-length': '7' };

  it.each<[string, DownloadPlan, number, number, Fields, number]>([
    ['is exactly the rest', plan, 5, 206, REST, 0],
    ['is a part without a length', plan, 5, 206, { ...REST, 'content-length': undefined }, 0],
    ['does not know the size', plan, 5, 206, { ...REST, 'content-range': 'bytes 5-11/*' }, 0],
    [
      'begins earlier',
      plan,
      5,
      206,
      { ...REST, 'content-range': 'bytes 2-11/12', 'content-length': undefined },
      3,
    ],
    [
      'ends earlier',
      plan,
      5,
      206,
      { ...REST, 'content-range': 'bytes 5-6/12', 'content-length': undefined },
      0,
    ],
    ['is the whole', plan, 5, 200, WHOLE, 5],
    ['is the whole without a length', plan, 5, 200, { ...WHOLE, 'content-length': undefined }, 5],
    ['is the rest of a part', part, 8, 206, { etag: '"v1"', 'content-range': 'bytes 8-11/20' }, 0],
    ['is the whole instead of the rest of a part', part, 8, 200, { ...WHOLE, 'content-length': '20' }, 8],
    [
      'is the whole, of which the size was not known',
      partOfUnknown,
      8,
      200,
      { ...WHOLE, 'content-length': '20' },
      8,
    ],
    [
      'neither knows the size, but the end',
      partOfUnknown,
      8,
      206,
      { etag: '"v1"', 'content-range': 'bytes 8-11/*' },
      0,
    ],
  ])('goes on with the body if it %s', (_what, known, offset, status, fields, skip) => {
    const found = continuationOf(known, offset, head(status, fields));
    expect(found).toMatchObject({ kind: 'piece', skip });
  });

  it('need not repeat a coding that is not taken off', () => {
    const coded = planOf(200, { ...WHOLE, 'content-encoding': 'gzip' }, { decodes: false });
    const kindOf = (status: number, fields: Fields) => continuationOf(coded, 5, head(status, fields)).kind;
    expect(kindOf(206, REST)).toBe('piece');
    expect(kindOf(206, { ...REST, 'content-encoding': 'gzip' })).toBe('piece');
    expect(kindOf(206, { ...REST, 'content-encoding': 'br' })).toBe('changed');
    expect(kindOf(200, WHOLE)).toBe('changed');
  });

  it('tells the size that the first one did not', () => {
    const found = continuationOf(unsized, 5, head(206, REST));
    expect(found).toMatchObject({ kind: 'piece', plan: { end: 12, size: 12 } });
  });

  it('may be a whole without a length, as the first one was', () => {
    const found = continuationOf(unsized, 5, head(200, { ...WHOLE, 'content-length': undefined }));
    expect(found).toEqual({ kind: 'piece', skip: 5, plan: unsized });
  });

  it.each<[string, DownloadPlan, number, number, Fields]>([
    ['has another ETag', plan, 5, 206, { ...REST, etag: '"v2"' }],
    ['has no ETag', plan, 5, 206, { ...REST, etag: undefined }],
    ['has a weak form of the ETag', plan, 5, 206, { ...REST, etag: 'W/"v1"' }],
    ['is the whole of another object', plan, 5, 200, { ...WHOLE, etag: '"v2"' }],
    ['is the whole of another length', plan, 5, 200, { ...WHOLE, 'content-length': '13' }],
    ['has no Content-Range', plan, 5, 206, { ...REST, 'content-range': undefined }],
    ['has another unit', plan, 5, 206, { ...REST, 'content-range': 'lines 5-11/12' }],
    ['begins later', plan, 5, 206, { ...REST, 'content-range': 'bytes 6-11/12', 'content-length': '6' }],
    [
      'ends before the rest begins',
      plan,
      5,
      206,
      { ...REST, 'content-range': 'bytes 0-4/12', 'content-length': '5' },
    ],
    ['is of another size', plan, 5, 206, { ...REST, 'content-range': 'bytes 5-11/13' }],
    ['is of another length than it says', plan, 5, 206, { ...REST, 'content-length': '8' }],
    ['has a coding', plan, 5, 206, { ...REST, 'content-encoding': 'gzip' }],
    ['is a 412', plan, 5, 412, {}],
    ['is a 304', plan, 5, 304, { etag: '"v1"' }],
    ['is a 204', plan, 5, 204, { etag: '"v1"' }],
    ['is a 416', plan, 5, 416, { 'content-range': 'bytes */5' }],
    ['cannot tell where the body ends', unsized, 5, 206, { ...REST, 'content-range': 'bytes 5-11/*' }],
    ['ends before the part did', partOfUnknown, 8, 206, { etag: '"v1"', 'content-range': 'bytes 8-9/10' }],
  ])('is refused if it %s', (_what, known, offset, status, fields) => {
    expect(continuationOf(known, offset, head(status, fields))).toEqual({ kind: 'changed' });
  });

  it.each([500, 503, 429, 404, 403, 302])('says nothing of the object if it is a %i', (status) => {
    expect(continuationOf(plan, 5, head(status, {}))).toEqual({ kind: 'unrelated' });
  });

  it.each<[Fields, 'whole' | 'changed']>([
    [{ 'content-range': 'bytes */12' }, 'whole'],
    [{ 'content-range': 'bytes */12', etag: '"v1"' }, 'whole'],
    [{ 'content-range': 'bytes */12', etag: '"v2"' }, 'changed'],
    [{ 'content-range': 'bytes */13' }, 'changed'],
    [{}, 'changed'],
  ])('is, of a body without a length, as a 416 with %j: %s', (fields, kind) => {
    expect(continuationOf(unsized, 12, head(416, fields))).toEqual({ kind });
  });
});

describe('a response to the request for a decoded body', () => {
  const GZIP = { ...WHOLE, 'content-encoding': 'gzip' };
  const plan = planOf(200, GZIP);

  it('is passed over as far as it is known', () => {
    expect(continuationOf(plan, 5000, head(200, GZIP))).toEqual({ kind: 'piece', skip: 5000, plan });
  });

  it('may be the same part', () => {
    const coded = { ...PART, 'content-encoding': 'gzip' };
    const ofPart = planOf(206, coded);
    expect(continuationOf(ofPart, 5, head(206, coded))).toMatchObject({ kind: 'piece', skip: 5 });
    const other = { ...coded, 'content-range': 'bytes 7-11/20', 'content-length': '5' };
    expect(continuationOf(ofPart, 5, head(206, other))).toEqual({ kind: 'changed' });
  });

  it.each<[string, number, Fields]>([
    ['has another ETag', 200, { ...GZIP, etag: '"v2"' }],
    ['has another coding', 200, { ...GZIP, 'content-encoding': 'br' }],
    ['is a part', 206, { ...GZIP, 'content-range': 'bytes 0-11/12' }],
    ['is a 416', 416, { 'content-range': 'bytes */5' }],
  ])('is refused if it %s', (_what, status, fields) => {
    expect(continuationOf(plan, 5, head(status, fields))).toEqual({ kind: 'changed' });
  });
});
