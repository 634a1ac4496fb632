import { AxiosHeaders } from 'axios';
import { headerGetter } from '../../lib/retry/headers.js';
import type { Idempotency } from '../../lib/retry/idempotency.js';
import { idempotencyOf, isIdempotent, isSafeMethod } from '../../lib/retry/idempotency.js';

const config = { url: '/x' };
const request = (method: string | undefined, headers: unknown = {}) => ({ method, headers, config });

describe('by method', () => {
  const expected: Record<string, Idempotency> = {
    GET: 'safe',
    HEAD: 'safe',
    OPTIONS: 'safe',
    TRACE: 'safe',
    QUERY: 'safe',
    PUT: 'by-method',
    DELETE: 'by-method',
    POST: 'none',
    PATCH: 'none',
    PROPFIND: 'none',
    CONNECT: 'none',
  };
  it.each(Object.entries(expected))('%s is %s', (method, idempotency) => {
    expect(idempotencyOf(request(method), undefined, undefined)).toBe(idempotency);
    expect(idempotencyOf(request(method.toLowerCase()), undefined, undefined)).toBe(idempotency);
    expect(isSafeMethod(method)).toBe(idempotency === 'safe');
  });

  it('no method is a GET, as in axios', () => {
    expect(idempotencyOf(request(undefined), undefined, undefined)).toBe('safe');
  });
});

describe('what the request says', () => {
  it('true makes a POST idempotent', () => {
    expect(idempotencyOf(request('POST'), true, false)).toBe('declared');
  });

  it('false forbids even a GET with a key, and a policy that says true', () => {
    expect(idempotencyOf(request('GET', { 'idempotency-key': 'k' }), false, true)).toBe('none');
  });
});

describe('an Idempotency-Key', () => {
  it.each([
    ['AxiosHeaders', new AxiosHeaders({ 'Idempotency-Key': 'k1' })],
    ['a plain object', { 'IDEMPOTENCY-KEY': 'k1' }],
    ['Headers', new Headers({ 'idempotency-key': 'k1' })],
  ])('in %s makes a POST idempotent', (_kind, headers) => {
    expect(idempotencyOf(request('POST', headers), undefined, undefined)).toBe('declared');
  });

  it('wins over retry.idempotent: false', () => {
    expect(idempotencyOf(request('POST', { 'idempotency-key': 'k' }), undefined, false)).toBe('declared');
  });

  it('counts under a configured name, too, and under its own name still', () => {
    expect(
      idempotencyOf(request('POST', { 'X-Request-Id': 'k' }), undefined, undefined, 'x-request-id'),
    ).toBe('declared');
    expect(
      idempotencyOf(request('POST', { 'Idempotency-Key': 'k' }), undefined, undefined, 'x-request-id'),
    ).toBe('declared');
    expect(idempotencyOf(request('POST', { 'X-Request-Id': 'k' }), undefined, undefined)).toBe('none');
  });

  it('counts for nothing if it is empty', () => {
    expect(idempotencyOf(request('POST', { 'idempotency-key': '' }), undefined, undefined)).toBe('none');
  });
});

describe('what the policy says', () => {
  it('a boolean holds for every method', () => {
    expect(idempotencyOf(request('POST'), undefined, true)).toBe('declared');
    expect(idempotencyOf(request('GET'), undefined, false)).toBe('none');
  });

  it('a function is asked with the config', () => {
    const asked: object[] = [];
    const setting = (given: object) => {
      asked.push(given);
      return true;
    };
    expect(idempotencyOf(request('POST'), undefined, setting)).toBe('declared');
    expect(asked).toEqual([config]);
    expect(idempotencyOf(request('PUT'), undefined, () => false)).toBe('none');
  });

  it('a function is not asked where the request says it', () => {
    const setting = jest.fn(() => true);
    idempotencyOf(request('POST'), false, setting);
    expect(setting).not.toHaveBeenCalled();
  });

  it('a function that gives no boolean leaves it to the method', () => {
    const setting = (() => undefined) as unknown as () => boolean;
    expect(idempotencyOf(request('DELETE'), undefined, setting)).toBe('by-method');
  });
});

it('one word for it: all but none', () => {
  expect((['declared', 'safe', 'by-method', 'none'] as const).map(isIdempotent)).toEqual([
    true,
    true,
    true,
    false,
  ]);
});

describe('headerGetter', () => {
  it('reads numbers and joins several values', () => {
    const get = headerGetter({ 'Retry-After': 3, Via: ['a', 'b'], flag: true });
    expect([get('retry-after'), get('VIA'), get('flag'), get('absent')]).toEqual([
      '3',
      'a, b',
      undefined,
      undefined,
    ]);
  });

  it.each([undefined, null, 'retry-after: 3', 3])('finds nothing in %p', (headers) => {
    expect(headerGetter(headers)('retry-after')).toBeUndefined();
  });

  it('finds nothing where the holder has nothing', () => {
    expect(headerGetter(new Headers())('retry-after')).toBeUndefined();
    expect(headerGetter(new AxiosHeaders())('retry-after')).toBeUndefined();
  });
});
