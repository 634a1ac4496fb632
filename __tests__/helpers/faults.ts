import type { LookupAddress, LookupOptions } from 'node:dns';
import { once } from 'node:events';
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { clearTimeout, setTimeout } from 'node:timers';
import { Worker } from 'node:worker_threads';
import { atEnd } from './cleanup.js';
import { TcpServer } from './tcp.js';
import { onceRead } from './wait.js';

export { closedPort, portToTake, TcpServer } from './tcp.js';

/**
 * Starts a server that gives each connection to `onSocket`. It closes by itself when the test ends.
 *
 * @param port a fixed one instead of a free one.
 */
export async function startTcp(
  onSocket: (socket: Socket) => void,
  host?: string,
  port?: number,
): Promise<TcpServer> {
  const server = new TcpServer(onSocket);
  atEnd(() => server.close());
  return server.start(host, port);
}

/** A server that accepts connections and reads, but never writes: a TLS handshake with it does not end. */
export const startTlsStall = (): Promise<TcpServer> => startTcp((socket) => void socket.resume());

/** A port of 127.0.0.1 that answers no SYN. */
export interface BlackHole {
  port: number;
  host: string;
  close(): Promise<void>;
}

// A blocked thread accepts nothing, so that its backlog stays full once it is.
const neverAccepting = `
  const { parentPort, workerData } = require('node:worker_threads');
  const server = require('node:net').createServer();
  server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(workerData, 0, 0);
    process.exit();
  });
`;

/**
 * Starts a port that connections neither reach nor are refused at: a listener whose backlog is full. Linux and macOS
 * drop the SYN then; Windows refuses the connection, so these tests want one of the former.
 *
 * @throws Error when connections still succeed, rather than let a test pass for the wrong reason.
 */
export async function startBlackHole(): Promise<BlackHole> {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(neverAccepting, { eval: true, workerData: gate });
  const fillers: Socket[] = [];
  const close = async () => {
    for (const filler of fillers) filler.destroy();
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
    await worker.terminate();
  };
  atEnd(close);
  const [port] = (await once(worker, 'message')) as [number];
  for (let full = false; !full; ) {
    if (fillers.length === 64) throw new Error('This system has no end of a backlog');
    full = !(await fill(port, fillers));
  }
  return { port, host: `127.0.0.1:${port}`, close };
}

/** Whether one more connection fits into the backlog. */
async function fill(port: number, fillers: Socket[]): Promise<boolean> {
  const filler = connect(port, '127.0.0.1').on('error', () => {});
  fillers.push(filler);
  return new Promise((resolve) => {
    let giveUp = () => {};
    // A process that stood still finds this timer due before the connection that was made meanwhile.
    const timer = setTimeout(() => {
      giveUp = onceRead(() => resolve(false));
    }, 100);
    filler.once('connect', () => {
      clearTimeout(timer);
      giveUp();
      resolve(true);
    });
  });
}

/** A `lookup` and how often it was asked for which name. */
export type RecordingLookup = LookupFunction & { asked: string[] };

function recording(lookup: LookupFunction): RecordingLookup {
  const asked: string[] = [];
  const record: LookupFunction = (hostname, options, callback) => {
    asked.push(hostname);
    lookup(hostname, options, callback);
  };
  return Object.assign(record, { asked });
}

/** A resolver that never answers. */
export const stallingLookup = (): RecordingLookup => recording(() => {});

/** A resolver that knows nobody. */
export const failingLookup = (code = 'ENOTFOUND'): RecordingLookup =>
  recording((hostname, _options, callback) => {
    const error = Object.assign(new Error(`getaddrinfo ${code} ${hostname}`), { code, hostname });
    process.nextTick(callback, error, []);
  });

/** A resolver that answers every name with these addresses, in this order. */
export function lookupTo(...addresses: string[]): RecordingLookup {
  const all: LookupAddress[] = addresses.map((address) => ({ address, family: isIP(address) }));
  return recording((_hostname, options: LookupOptions, callback) => {
    const wanted = options.family === 4 || options.family === 6 ? options.family : undefined;
    const found = wanted ? all.filter(({ family }) => family === wanted) : all;
    if (options.all) return process.nextTick(callback, null, found);
    process.nextTick(callback, null, found[0]?.address, found[0]?.family);
  });
}

/** A way to another port of this machine. */
export class Relay extends TcpServer {
  readonly #freezes: (() => void)[] = [];
  #stalls = 0;

  /** @param portOf is asked with each new connection. */
  constructor(portOf: () => number) {
    super((near) => {
      if (this.#stalls === 0) return this.#connect(near, portOf());
      this.#stalls -= 1;
      near.resume();
    });
  }

  /** Accepts the next connections, and says nothing on them. */
  stall(connections: number): void {
    this.#stalls += connections;
  }

  /** Connections so far. */
  get connections(): number {
    return this.sockets.length;
  }

  /** Nothing passes on the connections of now any more, and none is closed; new ones work. */
  freeze(): void {
    for (const freeze of this.#freezes.splice(0)) freeze();
  }

  #connect(near: Socket, port: number): void {
    const far = connect(port, '127.0.0.1');
    const end = () => void near.destroySoon();
    far.on('error', () => {}).once('close', end);
    near.once('close', () => far.destroy());
    near.pipe(far).pipe(near);
    this.#freezes.push(() => {
      far.off('close', end);
      near.unpipe(far).pause();
      far.unpipe(near).pause();
      // Else nobody would notice that the other side closes it.
      near.on('data', () => {}).resume();
    });
  }
}

/** Starts a {@link Relay}; it closes by itself when the test ends. */
export async function startRelay(to: number | (() => number)): Promise<Relay> {
  const relay = new Relay(typeof to === 'number' ? () => to : to);
  atEnd(() => relay.close());
  return relay.start();
}
