/**
 * Where a text stops being JSON. What `JSON.parse` says of it differs between versions of Node: some name no place, some
 * quote the text around it, which may be a password.
 */

/** The first place that is wrong, and what would have been right there. */
export interface JsonFault {
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 units. */
  readonly column: number;
  readonly expected: string;
}

const SPACE = /[\t\n\r ]*/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
// RFC 8259 section 7, without the closing quote, so that what does not belong into a text can be pointed at.
const TEXT = /"(?:[ !#-[\]-\uffff]+|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*/y;

/** What the grammar allows at a place. */
type Expectation = 'value' | 'item-or-end' | 'name' | 'name-or-end' | 'colon' | 'comma-or-end' | 'end';

const WORDS: Readonly<Record<Expectation, string>> = {
  value: 'a value',
  'item-or-end': "a value or ']'",
  name: 'a name in double quotes',
  'name-or-end': "a name in double quotes or '}'",
  colon: "':'",
  'comma-or-end': "',' or the closing bracket",
  end: 'the end of the text',
};

/** Reads a text as far as it is JSON. */
class Scanner {
  readonly #text: string;
  /** The closing brackets that are due, the innermost last. */
  readonly #open: Array<'}' | ']'> = [];
  #at = 0;
  #next: Expectation = 'value';

  constructor(text: string) {
    this.#text = text;
  }

  /** The offset that is wrong and what was expected there; `undefined` if nothing is wrong. */
  firstFault(): { readonly at: number; readonly expected: string } | undefined {
    for (;;) {
      this.#skip(SPACE);
      if (this.#next === 'end' && this.#at === this.#text.length) return undefined;
      const fault = this.#step();
      if (fault !== undefined) return { at: this.#at, expected: fault };
    }
  }

  /** Reads one token; what was expected instead, if it does not fit. */
  #step(): string | undefined {
    const next = this.#next;
    const char = this.#text[this.#at];
    if (next !== 'end' && char === this.#open.at(-1) && next.endsWith('-or-end')) return this.#close();
    if (next === 'colon') return char === ':' ? this.#punctuate('value') : WORDS.colon;
    if (next === 'comma-or-end') return char === ',' ? this.#punctuate(this.#afterComma()) : WORDS[next];
    if (next === 'name' || next === 'name-or-end') {
      return char === '"' ? this.#readText('colon') : WORDS[next];
    }
    return next === 'end' ? WORDS.end : this.#readValue(char);
  }

  #readValue(char: string | undefined): string | undefined {
    if (char === '"') return this.#readText(this.#afterValue());
    if (char === '{' || char === '[') {
      this.#open.push(char === '{' ? '}' : ']');
      return this.#punctuate(char === '{' ? 'name-or-end' : 'item-or-end');
    }
    if (!this.#skip(SCALAR)) return WORDS[this.#next];
    this.#next = this.#afterValue();
    return undefined;
  }

  #readText(then: Expectation): string | undefined {
    this.#skip(TEXT);
    const char = this.#text[this.#at];
    if (char === '"') return this.#punctuate(then);
    if (char === '\\') return 'a valid escape';
    return char === undefined ? 'a closing quote' : 'a closing quote, or the character escaped';
  }

  #close(): undefined {
    this.#open.pop();
    return this.#punctuate(this.#afterValue());
  }

  #punctuate(then: Expectation): undefined {
    this.#at += 1;
    this.#next = then;
  }

  #afterValue(): Expectation {
    return this.#open.length === 0 ? 'end' : 'comma-or-end';
  }

  #afterComma(): Expectation {
    return this.#open.at(-1) === '}' ? 'name' : 'value';
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found.length > 0;
  }
}

/** The first place where a text is no JSON; `undefined` if it is all JSON. */
export function findJsonFault(text: string): JsonFault | undefined {
  const fault = new Scanner(text).firstFault();
  if (fault === undefined) return undefined;
  const lines = text.slice(0, fault.at).split(/\r\n|\r|\n/);
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1, expected: fault.expected };
}
