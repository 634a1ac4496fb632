import type { Agent } from 'node:http';
import { BoundedMap } from '../../config/bounded-map.js';
import type { NoProxyMatcher } from '../../config/no-proxy.js';
import { parseNoProxy } from '../../config/no-proxy.js';
import { fieldOf } from '../../config/own.js';
import { parseProxyUrl } from '../../config/proxy-url.js';
import type { ProxyAddress, ResolvedClient } from '../../config/resolved.js';
import { PolicyConfigError } from '../../errors.js';
import { delegatingAgent, RefusingAgent } from '../delegating-agent.js';
import { internalsOf } from '../node-internals.js';
import type { PooledAgent } from '../socket-registry.js';
import type { RequestEndpoint, UrlTarget } from '../target.js';

/** Different values are few; an environment that never stops changing must not grow the cache without end. */
const MAX_CACHED = 100;

/**
 * Says through which proxy a request goes.
 *
 * With an explicit proxy, or none, the environment is ignored. Else it is read for every request, so that a change
 * takes effect at once; what it says is parsed once per value.
 */
export class ProxySelector {
  readonly #proxyUrl: ResolvedClient['proxyUrl'];
  /** Of the explicit proxy, if there is one. */
  readonly #isExcluded: NoProxyMatcher | undefined;
  readonly #env: NodeJS.ProcessEnv | undefined;
  readonly #addresses = new BoundedMap<string, ProxyAddress>(MAX_CACHED);
  readonly #matchers = new BoundedMap<string, NoProxyMatcher>(MAX_CACHED);

  /** @param env stands in for `process.env`. */
  constructor(
    proxyUrl: ResolvedClient['proxyUrl'],
    proxyExcludes: readonly string[],
    env?: NodeJS.ProcessEnv,
  ) {
    this.#proxyUrl = proxyUrl;
    this.#isExcluded = proxyUrl ? parseNoProxy(proxyExcludes) : undefined;
    this.#env = env;
  }

  /**
   * @returns the proxy for this target, or `undefined` for a direct connection. The same proxy is the same object, as
   * long as nothing but time passes.
   * @throws {PolicyConfigError} if the environment names a proxy that is no `http://` or `https://` URL. The message
   * names the variable and not its value, which may hold a password.
   */
  proxyFor(target: UrlTarget): ProxyAddress | undefined {
    if (this.#proxyUrl === false) return undefined;
    if (this.#proxyUrl === undefined) return this.#fromEnvironment(target);
    return this.#isExcluded?.(target.hostname, target.port) ? undefined : this.#proxyUrl;
  }

  /** An agent that gives each request to the pool of its proxy, or to the one of direct connections. */
  agentFor(
    protocol: UrlTarget['protocol'],
    direct: PooledAgent,
    poolOf: (proxy: ProxyAddress) => PooledAgent,
  ): Agent {
    return delegatingAgent(direct, (request, options: RequestEndpoint) => {
      let proxy: ProxyAddress | undefined;
      try {
        proxy = this.proxyOf(protocol, options);
      } catch (error) {
        // The environment names a proxy that is none. Thrown here, from within the making of a request, it would pass
        // by whoever listens to that request.
        internalsOf(new RefusingAgent(() => error as Error)).addRequest(request, options);
        return;
      }
      (proxy === undefined ? direct : poolOf(proxy)).addRequest(request, options);
    });
  }

  /** The proxy of a request, as its agent is told of it; a unix socket has none. */
  proxyOf(
    protocol: UrlTarget['protocol'],
    { host, port, socketPath }: RequestEndpoint,
  ): ProxyAddress | undefined {
    if (socketPath || this.#proxyUrl === false) return undefined;
    const hostname = host ?? 'localhost';
    return this.proxyFor({ protocol, hostname, port: Number(port ?? (protocol === 'https:' ? 443 : 80)) });
  }

  #fromEnvironment({ protocol, hostname, port }: UrlTarget): ProxyAddress | undefined {
    // Looked up here and not kept, because a program may put another object in its place.
    const env = this.#env ?? process.env;
    const found = named(env, protocol) ?? read(env, 'all_proxy', 'ALL_PROXY');
    if (found === undefined) return undefined;
    const noProxy = read(env, 'no_proxy', 'NO_PROXY')?.value;
    if (noProxy !== undefined && this.#matcher(noProxy)(hostname, port)) return undefined;
    return this.#address(found.name, found.value);
  }

  #address(name: string, value: string): ProxyAddress {
    return this.#addresses.getOrMake(value, () => {
      const parsed = parseProxyUrl(value);
      if (parsed.ok) return parsed.value;
      const { expected, received } = parsed;
      throw new PolicyConfigError([{ path: `environment variable ${name}`, expected, received }]);
    });
  }

  #matcher(list: string): NoProxyMatcher {
    return this.#matchers.getOrMake(list, () => parseNoProxy(list));
  }
}

/**
 * Lower case goes first, as for curl and axios. A CGI server turns a request's header `Proxy` into `HTTP_PROXY`, so
 * where one runs us, that variable is the client's word (https://httpoxy.org); on Windows it is `http_proxy` as well.
 */
function named(env: NodeJS.ProcessEnv, protocol: UrlTarget['protocol']): Variable | undefined {
  if (protocol === 'https:') return read(env, 'https_proxy', 'HTTPS_PROXY');
  const found = read(env, 'http_proxy', 'HTTP_PROXY');
  return found !== undefined && env.REQUEST_METHOD === undefined ? found : undefined;
}

interface Variable {
  readonly name: string;
  readonly value: string;
}

/** One of these variables that is set to something. Every look into the environment is a call out of JavaScript. */
function read(env: NodeJS.ProcessEnv, lower: string, upper: string): Variable | undefined {
  return readOne(env, lower) ?? readOne(env, upper);
}

function readOne(env: NodeJS.ProcessEnv, name: string): Variable | undefined {
  const value = fieldOf(env, name)?.trim();
  return value ? { name, value } : undefined;
}
