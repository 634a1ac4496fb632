/** What the commands need of the process. */
export interface CommandIo {
  readFile(path: string): Promise<string>;
  writeFile(path: string, text: string): Promise<void>;
  readStdin(): Promise<string>;
  out(text: string): void;
  err(text: string): void;
  version(): string;
}

/** 0: done; 1: it cannot be done, for the configuration, a file or the server; 2: the command line is wrong. */
export type ExitCode = 0 | 1 | 2;

/** Ends the command with a message of its own. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}
