import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

/** A port of this machine that neither accepts connections nor refuses them. */
export interface BlackHole {
  readonly url: string;
  close(): Promise<unknown>;
}

// The thread sleeps after listen(), so nobody accepts, and the queue of connections to accept stays full.
const NEVER_ACCEPTING = `
  const { parentPort, workerData } = require('node:worker_threads');
  const server = require('node:net').createServer();
  server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(workerData, 0, 0);
    process.exit();
  });
`;
const MAX_FILLERS = 64;
const FULL_AFTER_MS = 200;

/** @returns `undefined` on a system that refuses connections when its queue is full, as Windows does. */
export async function startBlackHole(): Promise<BlackHole | undefined> {
  if (process.platform === 'win32') return undefined;
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(NEVER_ACCEPTING, { eval: true, workerData: gate });
  const [port]: unknown[] = await once(worker, 'message');
  const fillers: Socket[] = [];
  const close = async () => {
    for (const filler of fillers) filler.destroy();
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
    await worker.terminate();
  };
  while (fillers.length < MAX_FILLERS) {
    const filler = connect(Number(port), '127.0.0.1');
    fillers.push(filler);
    if (!(await connects(filler))) return { url: `https://127.0.0.1:${port}/`, close };
  }
  await close();
  return undefined;
}

async function connects(socket: Socket): Promise<boolean> {
  socket.on('error', () => {});
  return new Promise((resolve) => {
    // setImmediate lets a connection through that was made while this thread was held up for longer than the timer.
    const timer = setTimeout(() => setImmediate(resolve, false), FULL_AFTER_MS);
    socket.once('connect', () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
