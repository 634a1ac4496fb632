import { createHook } from 'node:async_hooks';
import { getEventListeners } from 'node:events';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { atEnd } from './cleanup.js';
import { delay } from './wait.js';

/** Timers, sockets, connects and lookups. TLS and HTTP/2 sit on the sockets and end with them. */
const WATCHED = new Set([
  'Timeout',
  'Immediate',
  'TCPWRAP',
  'TCPCONNECTWRAP',
  'PIPEWRAP',
  'PIPECONNECTWRAP',
  'GETADDRINFOREQWRAP',
  'QUERYWRAP',
]);

export interface LeakWatch {
  /**
   * Waits up to `settleMs`, a second if not given, for everything begun since the watch to end; the watch is over then.
   *
   * @throws Error listing what is still there and where it was made.
   */
  expectNone(settleMs?: number): Promise<void>;
}

/**
 * Notes every timer and socket made, and every file opened, from now on. `process.getActiveResourcesInfo()` would not do: it does not know
 * of unref'd timers, nor of the idle connections of a pool, which are unref'd too, nor where either comes from.
 *
 * What the tests' own helpers and jest make, and the server's end of a connection, is left out.
 */
export function watchLeaks(): LeakWatch {
  const alive = new Map<number, string>();
  const before = openFiles();
  const opened = () => [...openFiles()].filter(([descriptor, file]) => before.get(descriptor) !== file);
  const hook = createHook({
    init(asyncId, type) {
      if (!WATCHED.has(type)) return;
      const frames = framesOf(stackHere());
      if (!isForeign(type, frames)) alive.set(asyncId, `${type} ${placeOf(frames)}`);
    },
    destroy(asyncId) {
      alive.delete(asyncId);
    },
  }).enable();
  atEnd(() => void hook.disable());
  return {
    async expectNone(settleMs = 1000) {
      // In rounds, not by the clock: a process that others keep from running needs more of it to end what it began.
      for (let round = 0; round < settleMs / 5 && alive.size + opened().length > 0; round += 1)
        await delay(5);
      hook.disable();
      const left = [...alive.values(), ...opened().map(([, file]) => `open file ${file}`)];
      if (left.length > 0) throw new Error(`Left behind:\n${countEach(left)}`);
    },
  };
}

const DESCRIPTORS = '/proc/self/fd';

/** The files that are open, by descriptor; sockets and pipes are watched otherwise. None where the system does not say. */
function openFiles(): Map<string, string> {
  if (!existsSync(DESCRIPTORS)) return new Map();
  const targets = readdirSync(DESCRIPTORS).flatMap((descriptor): [string, string][] => {
    try {
      return [[descriptor, readlinkSync(`${DESCRIPTORS}/${descriptor}`)]];
    } catch {
      // The one that the directory was read by.
      return [];
    }
  });
  return new Map(targets.filter(([, target]) => /^\/(?!dev\/|proc\/)/.test(target)));
}

/** How many listeners `signal` has; compare before and after. */
export const countListeners = (signal: AbortSignal, type = 'abort'): number =>
  getEventListeners(signal, type).length;

function stackHere(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 40;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = limit;
  return stack;
}

/** The calls that led to the resource, without the ones of the hook itself on top of them. */
function framesOf(stack: string): string[] {
  const frames = stack.split('\n').slice(1);
  const ofHook = (frame: string) => frame.includes(__filename) || frame.includes('node:internal/async_hooks');
  const first = frames.findIndex((frame) => !ofHook(frame));
  return first < 0 ? [] : frames.slice(first);
}

const ownerOf = (frames: string[]): string | undefined => frames.find((frame) => !frame.includes('node:'));

function isForeign(type: string, frames: string[]): boolean {
  // No JavaScript made it: a connection that a server accepted. Its client's end is the one to look at.
  if (type === 'TCPWRAP' && frames.length === 0) return true;
  // Node's HTTP keeps the text of the current date for up to a second, and its server has a timer of its own.
  if (frames.some((frame) => /node:(internal\/http:|_http_server)/.test(frame))) return true;
  const owner = ownerOf(frames) ?? '';
  return /[\\/](node_modules[\\/](jest-|@jest[\\/])|__tests__[\\/]helpers[\\/])/.test(owner);
}

const placeOf = (frames: string[]): string => (ownerOf(frames) ?? frames[0] ?? 'by Node').trim();

function countEach(names: Iterable<string>): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => `  ${count} × ${name}`).join('\n');
}
