import type { Agent } from 'node:http';
import { isIPv6 } from 'node:net';

/** What a pool holds for one origin. */
export interface PoolStats {
  /** `https://host:port`. */
  readonly origin: string;
  /** Connections with a request on them. */
  readonly active: number;
  /** Connections kept for reuse. */
  readonly idle: number;
  /** Requests waiting for a connection. */
  readonly pending: number;
}

/** The pools of one agent, by origin. */
export function poolStats(scheme: 'http' | 'https', agent: Agent): PoolStats[] {
  const counts = new Map<string, { active: number; idle: number; pending: number }>();
  const count = (lists: NodeJS.ReadOnlyDict<readonly unknown[]>, key: 'active' | 'idle' | 'pending') => {
    for (const [name, list] of Object.entries(lists)) {
      const origin = `${scheme}://${authorityOf(name)}`;
      const entry = counts.get(origin) ?? { active: 0, idle: 0, pending: 0 };
      entry[key] += list?.length ?? 0;
      counts.set(origin, entry);
    }
  };
  count(agent.sockets, 'active');
  count(agent.freeSockets, 'idle');
  count(agent.requests, 'pending');
  return [...counts].map(([origin, entry]) => ({ origin, ...entry }));
}

/**
 * Node names a pool `host:port:localAddress:family:…`, and does not put an IPv6 host in brackets. What may be the end
 * of such a host or its port is the port, for nothing behind it can make the host longer and still an address.
 */
function authorityOf(name: string): string {
  let authority: string | undefined;
  for (const { index, 1: port } of name.matchAll(/:(?=(\d+):)/g)) {
    const host = name.slice(0, index);
    if (isIPv6(host)) authority = `[${host}]:${port}`;
  }
  if (authority !== undefined) return authority;
  const [host, port] = name.split(':', 2);
  return port ? `${host}:${port}` : `${host}`;
}
