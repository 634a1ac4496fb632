import { resolvePolicy } from '../../lib/config/resolve.js';
import type { ResolvedClient } from '../../lib/config/resolved.js';
import { PoolHttpAgent, PoolHttpsAgent } from '../../lib/transport/agents.js';
import type { PoolOptions } from '../../lib/transport/pool-options.js';
import { Route } from '../../lib/transport/proxy/route.js';
import type { PooledAgent } from '../../lib/transport/socket-registry.js';
import type { RequestEndpoint } from '../../lib/transport/target.js';
import type { TlsSettings } from '../../lib/transport/tls.js';

interface RouteParts {
  /** Fields that differ from a client without configuration. */
  readonly client: Partial<ResolvedClient>;
  readonly pool: PoolOptions;
  readonly tls: TlsSettings;
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/** A route with one pool for `http://` and `https://` requests. */
export function routeWith({ client, pool, tls, env }: RouteParts): Route {
  const given = new Map(
    Object.keys(client).map((key) => [key, { needs: undefined, path: key, received: '' }]),
  );
  return new Route({
    client: { ...resolvePolicy({}).client, given, ...client },
    httpPool: pool,
    httpsPool: pool,
    tls,
    http: new PoolHttpAgent(pool),
    https: new PoolHttpsAgent(pool, tls),
    ...(env === undefined ? {} : { env }),
  });
}

/** The pool of the proxy that a request goes through, or `undefined` if it goes to its origin directly. */
export function proxyAgentFor(
  route: Route,
  protocol: 'http:' | 'https:',
  endpoint: RequestEndpoint,
): PooledAgent | undefined {
  const proxy = route.selector.proxyOf(protocol, endpoint);
  return proxy && route.agentOf(protocol, proxy);
}
