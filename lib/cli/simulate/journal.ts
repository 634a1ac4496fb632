/** What happened to every request of a run. */
export class Journal {
  /** When each request began. */
  readonly begunMs: number[] = [];
  /** When each request succeeded; `Infinity` if it has not. */
  readonly succeededMs: number[] = [];
  /** When each attempt was sent. */
  readonly attemptsMs: number[] = [];
  #endMs = 0;

  /** When the run ended. */
  get endMs(): number {
    return this.#endMs;
  }

  /** A request begins. Returns its number. */
  begin(nowMs: number): number {
    this.succeededMs.push(Number.POSITIVE_INFINITY);
    return this.begunMs.push(nowMs) - 1;
  }

  attempt(nowMs: number): void {
    this.attemptsMs.push(nowMs);
  }

  succeeded(request: number, nowMs: number): void {
    this.succeededMs[request] = nowMs;
  }

  close(nowMs: number): void {
    this.#endMs = nowMs;
  }
}
