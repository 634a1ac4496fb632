/** How a wrong value is shown in a message: short, on one line, without secrets. */

const LONGEST = 60;
// Control, format and unassigned characters, and line separators: they could disguise or break a log line.
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** Cuts out what stands between `//` and the last `@`: credentials, if the text is a URL. */
function withoutUserinfo(text: string): string {
  const authority = text.indexOf('//');
  const at = text.lastIndexOf('@');
  if (authority === -1 || at < authority) return text;
  return `${text.slice(0, authority + 2)}[redacted]${text.slice(at)}`;
}

/** A text in single quotes, escaped as JSON does and more, cut to `longest` characters, credentials of a URL removed. */
export function quote(text: string, longest: number = LONGEST): string {
  const shown = withoutUserinfo(text);
  const cut = shown.length > longest ? `${shown.slice(0, longest)}…` : shown;
  const escaped = JSON.stringify(cut).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${escaped.replace(INVISIBLE, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`)}'`;
}

/** Any value, for the `received` of a problem. Objects are not looked into. */
export function renderValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return quote(value);
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? 'an array' : 'an object';
    case 'number':
    case 'boolean':
    case 'undefined':
      return String(value);
    default:
      return `a ${typeof value}`;
  }
}

/** The kind of a value and nothing of its content, for fields that hold secrets. */
export function renderKind(value: unknown): string {
  if (typeof value === 'string') return value === '' ? 'an empty string' : 'a string (not shown)';
  if (ArrayBuffer.isView(value)) return value.byteLength === 0 ? 'empty bytes' : 'bytes (not shown)';
  return typeof value === 'number' ? 'a number' : renderValue(value);
}
