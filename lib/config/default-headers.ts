/** `defaultHeaders`: header fields for requests that do not have them. Values may be credentials: none is shown. */
import { headerValue, isObject, isToken, ok, type Parsed, type Parser, wrong } from './parsers.js';
import { renderKey, renderKind } from './render.js';
import { Secret } from './secret.js';

/** Names as they were written, with their values. */
export type HeaderFields = Readonly<Record<string, string>>;

const EXPECTED = "an object of header values by their names, such as { 'X-Api-Version': '2' }";

/** They belong to one body: sent with another, they would cut it short or make it two requests. */
const FRAMING: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding']);

/** A value as the reference takes it: text, or bytes, of which each is a character. */
function textOf(value: unknown): unknown {
  return value instanceof Uint8Array ? String.fromCharCode(...value) : value;
}

function faultOf(name: string, value: unknown): string | undefined {
  if (!isToken(name)) return `the name ${renderKey(name)}`;
  if (FRAMING.has(name.toLowerCase())) return `${renderKey(name)}, which belongs to one body`;
  return headerValue(value).ok ? undefined : `${renderKind(value)} for ${renderKey(name)}`;
}

/** Reads `defaultHeaders`. A name without a value (`undefined`) is left out. */
export const defaultHeaders: Parser<Secret<HeaderFields>> = (value): Parsed<Secret<HeaderFields>> => {
  if (!isObject(value)) return wrong(EXPECTED, renderKind(value));
  const fields: Record<string, string> = Object.create(null);
  const names = new Set<string>();
  for (const [name, raw] of Object.entries(value)) {
    const text = textOf(raw);
    if (text === undefined) continue;
    const fault = faultOf(name, text);
    if (fault !== undefined) return wrong(`${EXPECTED}, of printable ISO 8859-1`, fault);
    if (names.has(name.toLowerCase()))
      return wrong('each header once', `${renderKey(name)} in two spellings`);
    names.add(name.toLowerCase());
    fields[name] = String(text);
  }
  return ok(new Secret(Object.freeze(fields)));
};
