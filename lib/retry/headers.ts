import { fieldOf } from '../config/own.js';

/** Looks up a header by its name, in any case. */
export type HeaderGetter = (name: string) => string | undefined;

interface WithGet {
  get(name: string): unknown;
}

/**
 * One way to read headers, whatever holds them: `AxiosHeaders`, `Headers`, or a plain object as mocks give it.
 * Several values of one name are joined by a comma (RFC 9110 section 5.3).
 */
export function headerGetter(headers: unknown): HeaderGetter {
  if (typeof headers !== 'object' || headers === null) return () => undefined;
  if (hasGet(headers)) return (name) => asText(headers.get(name));
  const entries = Object.entries(headers);
  return (name) => {
    const wanted = name.toLowerCase();
    return asText(entries.find(([key]) => key.toLowerCase() === wanted)?.[1]);
  };
}

function hasGet(headers: object): headers is WithGet {
  return typeof fieldOf(headers as Partial<WithGet>, 'get') === 'function';
}

function asText(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.join(', ');
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : undefined;
}
