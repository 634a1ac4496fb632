import type { Socket } from 'node:net';
import type { ClientSocket } from './node-internals.js';
import { createdAtMs } from './node-internals.js';
import type { ConnectionState } from './observe.js';
import type { PoolOptions } from './pool-options.js';

/** A connection that a server may have said something of. */
export type PooledSocket = ClientSocket & {
  /** agentkeepalive's own place for it: how long this connection may idle, in ms. */
  freeSocketTimeout?: number | undefined;
};

/** What is taken off a server's hint of how long it keeps a connection. */
const HINT_MARGIN_MS = 1000;

/**
 * How long a server keeps a connection by its own word, `Keep-Alive: timeout=N`. A second is taken off, because its clock
 * started before ours, or what the agent we stand in for wants taken off, if that is more; no more than that means "do
 * not keep". Node looks at the hint as well, but only next to a `timeout` of its own, which ends connections in use.
 */
export function hintedIdleMs({ _httpMessage }: PooledSocket, { settings }: PoolOptions): number | undefined {
  const header = _httpMessage?.res?.headers['keep-alive'];
  if (header === undefined) return undefined;
  const hint = /(?:^|[\s,;])timeout\s*=\s*"?(\d+)/i.exec(String(header))?.[1];
  if (hint === undefined) return undefined;
  return Number(hint) * 1000 - Math.max(HINT_MARGIN_MS, Number(settings?.agentKeepAliveTimeoutBuffer ?? 0));
}

/** How much older a connection may become. */
export function restOfLifeMs(
  socket: Socket,
  { endsAtMs }: ConnectionState,
  { maxAgeMs }: PoolOptions,
): number {
  const restMs = endsAtMs - performance.now();
  if (maxAgeMs === undefined) return restMs;
  return Math.min(restMs, maxAgeMs - (Date.now() - (createdAtMs(socket) ?? Date.now())));
}
