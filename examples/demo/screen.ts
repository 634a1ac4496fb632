import type { WriteStream } from 'node:tty';

type Paint = (text: string) => string;

/** Where the demo writes to. */
export interface Screen {
  /** Writes a line; an empty one without an argument. */
  line(text?: string): void;
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
}

/**
 * @param write takes whole lines.
 * @param colours whether to use escape codes at all.
 */
export function createScreen(write: (text: string) => void, colours: boolean): Screen {
  const paint =
    (on: number, off: number): Paint =>
    (text) =>
      colours ? `\x1b[${on}m${text}\x1b[${off}m` : text;
  return {
    line: (text = '') => write(`${text}\n`),
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
  };
}

/** A screen on a stream: in colour if it is a terminal that has some and nobody set NO_COLOR, plain in a pipe. */
export function screenOn(stream: WriteStream): Screen {
  return createScreen((text) => stream.write(text), stream.isTTY === true && stream.hasColors());
}
