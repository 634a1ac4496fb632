/** Other ways to write a length of time; who uses one is told how it is written here. */

const AMOUNT = '(\\d{1,12}(?:[.,]\\d{1,9})?)';
const designated = (letters: string) => letters.replace(/./g, (letter) => `(?:${AMOUNT}${letter})?`);

interface Notation {
  readonly pattern: RegExp;
  /** The unit of each group of the pattern. */
  readonly units: string;
}

const NOTATIONS: readonly Notation[] = [
  // ISO 8601: `PT5S`, `P1DT2H`.
  { pattern: new RegExp(`^P${designated('YMWD')}(?:T${designated('HMS')})?$`, 'i'), units: 'yMwdhms' },
  // `00:05`, `0:00:05`, and `1 day, 0:00:05` as Python prints it.
  { pattern: new RegExp(`^(?:(\\d{1,9}) days?, )?(?:(\\d{1,9}):)?(\\d{1,9}):${AMOUNT}$`), units: 'dhms' },
];

/** `05` as `5`, `0,50` as `0.50`. */
function plain(amount: string): string {
  return amount.replace(',', '.').replace(/^0+(?=\d)/, '');
}

/** A text in another notation as the grammar has it: `5s` for `PT5S` and for `0:00:05`; `undefined` for any other. */
export function fromOtherNotation(text: string): string | undefined {
  for (const { pattern, units } of NOTATIONS) {
    const amounts = pattern.exec(text)?.slice(1);
    if (!amounts?.some((amount) => amount !== undefined)) continue;
    const spans = amounts.flatMap((amount, index) =>
      Number(amount?.replace(',', '.') ?? 0) === 0 ? [] : [`${plain(amount)}${units.charAt(index)}`],
    );
    return spans.join(' ') || '0s';
  }
  return undefined;
}
