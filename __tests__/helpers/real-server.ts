import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { atEnd } from './cleanup.js';
import { until } from './wait.js';

/** Private key and certificate of 127.0.0.1, as files. */
export const TLS_FILES = {
  key: join(__dirname, '..', 'fixtures', 'tls', 'server-key.pem'),
  cert: join(__dirname, '..', 'fixtures', 'tls', 'server.pem'),
};

/** The path of a program. Of those that are for administrators, many a PATH knows nothing. */
export function findProgram(name: string): string | undefined {
  const places = [
    ...(process.env.PATH ?? '').split(delimiter),
    '/usr/sbin',
    '/usr/local/sbin',
    '/usr/lib/squid',
  ];
  return places.map((place) => join(place, name)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A new directory that is removed when the test ends. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'real-server-'));
  // A server that root starts may go on as another user.
  await chmod(directory, 0o755);
  atEnd(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A server program that can be killed and started again. It is killed when the test ends. */
export interface RealServer {
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** Runs a program in the foreground; resolves when it listens on all of `ports`. */
export async function runServer(
  program: string,
  args: readonly string[],
  ports: readonly number[],
): Promise<RealServer> {
  let kill = async () => {};
  const start = async () => {
    const child = spawn(program, args, { stdio: 'ignore' });
    const exited = once(child, 'exit');
    kill = async () => {
      child.kill('SIGKILL');
      await exited;
    };
    for (const port of ports) {
      await until(
        () => isListening(port),
        15_000,
        () => `${program} listens on ${port} (exit code ${child.exitCode})`,
      );
    }
  };
  atEnd(() => kill());
  await start();
  return { start, kill: () => kill() };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(port, '127.0.0.1');
    probe.once('connect', () => resolve(probe.destroy() !== undefined));
    probe.once('error', () => resolve(false));
  });
}
