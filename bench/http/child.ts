import { type ChildProcess, fork } from 'node:child_process';
import { resolve } from 'node:path';

/** A process that answers one message at a time. */
export class Child<Request extends object, Reply extends object> {
  readonly #process: ChildProcess;

  /**
   * @param script compiled module to run.
   * @param args its arguments.
   * @param nodeOptions options for node itself.
   */
  constructor(script: string, args: readonly string[], nodeOptions: readonly string[] = []) {
    this.#process = fork(script, args, {
      // https-proxy-agent names an address as TLS server name, and node says so.
      execArgv: ['--no-deprecation', ...nodeOptions],
      env: environment(),
      // Typed arrays arrive as they are.
      serialization: 'advanced',
    });
  }

  /** Sends a message and waits for the answer; rejects if there is none in time, or if the process ends. */
  async ask(request: Request, timeoutMs: number): Promise<Reply> {
    const reply = this.next(timeoutMs);
    this.#process.send(request);
    return reply;
  }

  /** Waits for a message that comes by itself. */
  next(timeoutMs: number): Promise<Reply> {
    const child = this.#process;
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        child.off('message', onMessage).off('exit', onExit);
      };
      const onMessage = (message: unknown): void => {
        end();
        resolve(message as Reply);
      };
      const onExit = (code: number | null): void => {
        end();
        reject(new Error(`the process ended with code ${code}`));
      };
      const onTimeout = (): void => {
        end();
        reject(new Error(`no answer within ${timeoutMs} ms`));
      };
      const timer = setTimeout(onTimeout, timeoutMs);
      child.once('message', onMessage).once('exit', onExit);
    });
  }

  /** Ends the process, whatever it is doing. */
  kill(): void {
    this.#process.kill('SIGKILL');
  }
}

/** Without the proxies of this machine, which have no part in this. */
function environment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !/_proxy$/i.test(name));
  return { ...Object.fromEntries(entries), NODE_EXTRA_CA_CERTS: CERTIFICATES.ca, NODE_ENV: 'production' };
}

const fixture = (name: string): string => resolve(__dirname, '../../../../__tests__/fixtures/tls', name);

/** Of the tests. */
export const CERTIFICATES = {
  ca: fixture('ca.pem'),
  server: fixture('server.pem'),
  serverKey: fixture('server-key.pem'),
};
