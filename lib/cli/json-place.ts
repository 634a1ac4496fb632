/** A place in a text. */
export interface TextPlace {
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 units. */
  readonly column: number;
}

// At the end, because some messages quote the text around the fault, which may say anything, or be a password.
const POSITION = /JSON at position (\d+)(?: \(line \d+ column \d+\))?$/;

/** The first place where a text is no JSON; `undefined` if it is all JSON. */
export function findJsonFault(text: string): TextPlace | undefined {
  const offset = faultOffset(text) ?? lastBeginning(text);
  if (offset === Number.POSITIVE_INFINITY) return undefined;
  const lines = text.slice(0, offset).split(/\r\n|\r|\n/);
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1 };
}

/** What `JSON.parse` says of the place: `Infinity` if all is well, `undefined` if it names none. */
function faultOffset(text: string): number | undefined {
  try {
    JSON.parse(text);
    return Number.POSITIVE_INFINITY;
  } catch (error) {
    const { message } = error as SyntaxError;
    if (message === 'Unexpected end of JSON input') return text.length;
    const position = POSITION.exec(message)?.[1];
    return position === undefined ? undefined : Number(position);
  }
}

/** Where a text goes wrong that `JSON.parse` only quotes: behind the longest part that JSON could begin with. */
function lastBeginning(text: string): number {
  let [good, bad] = [0, text.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    const offset = faultOffset(text.slice(0, middle));
    if (offset !== undefined && offset >= middle) good = middle;
    else bad = middle;
  }
  return good;
}
