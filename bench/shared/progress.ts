/** Tells on stderr how far a run is: one line that is rewritten in a terminal, now and then a line in a log. */
export class Progress {
  readonly #total: number;
  readonly #startedMs = performance.now();
  readonly #isTerminal = process.stderr.isTTY === true;
  #done = 0;
  #loggedMs = Number.NEGATIVE_INFINITY;

  /** @param total steps to do, all about equally long. */
  constructor(total: number) {
    this.#total = total;
  }

  /** One step, or several, are done. */
  step(what: string, steps = 1): void {
    this.#done += steps;
    const nowMs = performance.now();
    if (!this.#isTerminal && nowMs - this.#loggedMs < LOG_EVERY_MS && this.#done < this.#total) return;
    this.#loggedMs = nowMs;
    const line = `${this.#percent()} ${what}${this.#remaining(nowMs)}`;
    process.stderr.write(this.#isTerminal ? `\r\x1b[K${line}` : `${line}\n`);
  }

  /** Says something that stays. */
  note(text: string): void {
    process.stderr.write(this.#isTerminal ? `\r\x1b[K${text}\n` : `${text}\n`);
  }

  /** Ends the line. */
  end(): void {
    this.note(`done in ${seconds(performance.now() - this.#startedMs)}`);
  }

  #percent(): string {
    return `${Math.round((100 * this.#done) / this.#total)}%`.padStart(4);
  }

  #remaining(nowMs: number): string {
    const spentMs = nowMs - this.#startedMs;
    if (spentMs < TOO_EARLY_MS) return '';
    return `, about ${seconds((spentMs / this.#done) * (this.#total - this.#done))} left`;
  }
}

const LOG_EVERY_MS = 5000;
// Before that, an estimate of what is left is a guess.
const TOO_EARLY_MS = 10_000;

function seconds(ms: number): string {
  const whole = Math.max(0, Math.round(ms / 1000));
  return whole < 100 ? `${whole} s` : `${Math.round(whole / 60)} min`;
}
