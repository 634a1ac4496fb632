/**
 * What is shown of a value. Wrong values in messages are short, on one line, without secrets: a token or a key may stand in
 * any field by mistake, so a text is quoted only if it looks like what somebody would write there. Of a {@link Secret}
 * nothing is shown.
 */

const LONGEST = 60;
/** Longer texts are described, not quoted. */
const LONGEST_QUOTED = 20;

/** Numbers, each with a unit or without: `5 Sec`, `1h, 30m`, `-1`, `0:00:05`. */
const SPANS = /^\s*[-+]?(?:[\d.:]+\s*[a-zµ]{0,8}[\s,]*){1,4}$/i;
/** ISO 8601: `PT5S`. */
const ISO_PERIOD = /^[-+]?P[\dTYMWDHS.,]+$/i;
/** A word or two: `maybe`, `localhost`. */
const WORDS = /^\s*[a-z]{0,10}(?: [a-z]{1,10})?\s*$/i;
/** A word in the place of a length of time: `soon`. */
const SHORT_WORD = /^[a-z]{0,5}$/i;
// Control, format and unassigned characters, and line separators: they could disguise or break a log line.
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** Cuts out what stands between `//` and the last `@`: credentials, if the text is a URL. */
function withoutUserinfo(text: string): string {
  const authority = text.indexOf('//');
  const at = text.lastIndexOf('@');
  if (authority === -1 || at < authority) return text;
  return `${text.slice(0, authority + 2)}${REDACTED}${text.slice(at)}`;
}

/** A text in single quotes, escaped as JSON does and more, cut to `longest` characters, credentials of a URL removed. */
export function quote(text: string, longest: number = LONGEST): string {
  const shown = withoutUserinfo(text);
  const cut = shown.length > longest ? `${shown.slice(0, longest)}…` : shown;
  const escaped = JSON.stringify(cut).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${escaped.replace(INVISIBLE, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`)}'`;
}

function describeText(text: string): string {
  return `a string of ${text.length} character${text.length === 1 ? '' : 's'}`;
}

/** A text as somebody would write a number, a length of time, a switch or a name; any other by its length alone. */
function renderText(text: string): string {
  const isPlain = text.length <= LONGEST_QUOTED && (WORDS.test(text) || SPANS.test(text));
  return isPlain ? quote(text) : describeText(text);
}

/** A value that is no length of time, for the `received` of a problem: quoted only if it looks like one. */
export function renderDuration(value: unknown): string {
  if (typeof value !== 'string') return renderValue(value);
  const isLike =
    value.length <= LONGEST_QUOTED && [SPANS, ISO_PERIOD, SHORT_WORD].some((form) => form.test(value));
  return isLike ? quote(value) : describeText(value);
}

/** A key that is none of ours, as part of a path. One that is no identifier could disguise the message. */
export function renderKey(key: string): string {
  const isToken = () => /[A-Z\d]{8}/.test(key) || key.replace(/\D/g, '').length > 2;
  if (/^[a-z_$][\w$-]{0,31}$/i.test(key) && !isToken()) return key;
  return key.length <= 10 ? quote(key) : `[a key of ${key.length} characters]`;
}

/**
 * The class of an object, if it is one of the language's or of the platform's own (`Map`, `Promise`, `Headers`): such an
 * object keeps its values elsewhere than in properties, and would be read as one that has none.
 */
export function builtInClassOf(value: object): string | undefined {
  const tag = Object.prototype.toString.call(value).slice('[object '.length, -1);
  return tag !== 'Object' && typeof Reflect.get(globalThis, tag) === 'function' ? tag : undefined;
}

function renderObject(value: object): string {
  if (Array.isArray(value)) return 'an array';
  const name = builtInClassOf(value);
  if (name === 'Promise') return 'a promise (await it)';
  return name === undefined ? 'an object' : `an instance of ${name}`;
}

/** Any value, for the `received` of a problem. Objects are not looked into. */
export function renderValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return renderText(value);
    case 'object':
      return value === null ? 'null' : renderObject(value);
    case 'number':
    case 'boolean':
    case 'undefined':
      return String(value);
    default:
      return `a ${typeof value}`;
  }
}

/** A value in the place of a header: never its text. */
export function renderHeader(value: unknown): string {
  return typeof value === 'string' && value !== '' ? renderKind(value) : renderValue(value);
}

/** The kind of a value and nothing of its content, for fields that hold secrets. */
export function renderKind(value: unknown): string {
  if (typeof value === 'string') return value === '' ? 'an empty string' : 'a string (not shown)';
  if (ArrayBuffer.isView(value)) return value.byteLength === 0 ? 'empty bytes' : 'bytes (not shown)';
  return typeof value === 'number' ? 'a number' : renderValue(value);
}
/** The text shown in place of a secret. */
export const REDACTED = 'REDACTED';

// `inspect.custom` of node:util, without Node: https://nodejs.org/api/util.html#utilinspectcustom
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** A value that no rendering shows: not `JSON.stringify`, not a template string, not `util.inspect` at any depth. */
export class Secret<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
    Object.freeze(this);
  }

  /** The value itself. Call it where the value goes on the wire, and nowhere else. */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [INSPECT](): string {
    return REDACTED;
  }
}
