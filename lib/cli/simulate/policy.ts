import type { Random } from './random.js';

/** How an attempt failed, as the client sees it. */
export interface Failure {
  readonly kind: 'status' | 'connect' | 'dropped' | 'timeout';
  readonly status?: number;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How long the attempt took. */
  readonly durationMs: number;
}

/** What a policy lives by in the simulation. */
export interface World {
  /** Virtual time since the start. */
  readonly nowMs: () => number;
  readonly random: Random;
}

/** One request of one client; all requests are GETs. */
export interface Call {
  /** The timeout of the coming attempt. */
  readonly timeoutMs: number;
  /** The delay before the next attempt, or `undefined` to give up. */
  failed(failure: Failure): number | undefined;
  succeeded?(): void;
}

/** One process of the fleet: what it remembers, it remembers for itself. */
export interface Client {
  call(timeoutMs: number): Call;
}

/** A way to deal with failures. */
export interface Policy {
  readonly name: string;
  /** Whether each client has a memory of its own, beyond a single request; if not, the size of the fleet makes no difference. */
  readonly remembers: boolean;
  client(world: World): Client;
}
