import { connect } from 'node:net';
import { startTcp } from './faults.js';

/** A balancer of connections, as a Kubernetes Service is one. */
export interface Balancer {
  readonly port: number;
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /** Connections so far. */
  readonly connections: number;
  /** Those that are open. */
  readonly openSockets: number;
}

/** Starts a {@link Balancer} that gives each new connection to the next of these ports of 127.0.0.1. */
export async function startBalancer(ports: readonly number[]): Promise<Balancer> {
  let turn = 0;
  const server = await startTcp((near) => {
    const port = ports[turn % ports.length] ?? 0;
    turn += 1;
    const far = connect(port, '127.0.0.1').on('error', () => near.destroy());
    near.pipe(far).pipe(near);
    near.once('close', () => far.destroy());
    far.once('close', () => near.destroy());
  });
  return {
    port: server.port,
    url: `http://127.0.0.1:${server.port}/`,
    get connections() {
      return server.sockets.length;
    },
    get openSockets() {
      return server.openSockets;
    },
  };
}
