import type { Agent } from 'node:http';
import { BoundedMap } from '../../config/bounded-map.js';
import { bracketed } from '../../config/host.js';
import type { NoProxyMatcher } from '../../config/no-proxy.js';
import { parseNoProxy } from '../../config/no-proxy.js';
import { parseProxyUrl } from '../../config/proxy-url.js';
import type { ProxyAddress, ResolvedClient } from '../../config/resolved.js';
import { PolicyConfigError } from '../../errors.js';
import { hasOwnProxy } from '../inherited-options.js';
import type { UrlTarget } from '../target.js';

export { matchesNoProxy } from '../../config/no-proxy.js';

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
  readonly #isExcluded: NoProxyMatcher;
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
    this.#isExcluded = parseNoProxy(proxyExcludes);
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
    return this.#isExcluded(target.hostname, target.port) ? undefined : this.#proxyUrl;
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
  const value = env[name]?.trim();
  return value ? { name, value } : undefined;
}

/** A request's own `proxy`, as axios documents it. */
interface AxiosProxy {
  readonly protocol?: string;
  readonly host?: string;
  readonly hostname?: string;
  readonly port?: number | string;
  readonly auth?: { readonly username?: string; readonly password?: string };
}

/**
 * The address of a request's own `proxy: { host, port, auth }`.
 *
 * @throws {PolicyConfigError} if it is none; the message shows no credentials.
 */
export function addressOfAxiosProxy(proxy: AxiosProxy): ProxyAddress {
  const { protocol = 'http', host, hostname = host, port, auth } = proxy;
  const scheme = protocol.replace(/:?$/, '');
  const name = bracketed(hostname ?? '');
  const { username = '', password = '' } = auth ?? {};
  const userinfo =
    auth === undefined ? '' : `${encodeURIComponent(username)}:${encodeURIComponent(password)}@`;
  const parsed = parseProxyUrl(`${scheme}://${userinfo}${name}${port === undefined ? '' : `:${port}`}`);
  if (parsed.ok) return parsed.value;
  throw new PolicyConfigError([{ path: 'proxy', expected: parsed.expected, received: parsed.received }]);
}

/** How a request on an agent that is not ours comes to its proxy. */
export interface OwnProxy {
  /** What axios is told of it, as `config.proxy`. */
  readonly proxy: unknown;
  /** Whether axios has to make the request, because it may be for axios to lead it to a proxy. */
  readonly isAxios: boolean;
  /** Whether axios may put an agent of its own in the place of this one, made after it. */
  readonly isAdapted: boolean;
}

const NONE: OwnProxy = { proxy: false, isAxios: false, isAdapted: false };
const NOT_THROUGH_ITS_PROXY: OwnProxy = { proxy: false, isAxios: true, isAdapted: true };

/**
 * Whether a request that goes out on the caller's own agent is for axios to lead to a proxy. It is where bare axios
 * would: a proxy that the request or the environment names is used beside any agent but one that has proxies itself
 * (Node's `proxyEnv`); that is the rule of the newest axios, on all versions.
 *
 * @param given the request's own `proxy`.
 * @param isProxySet whether the policy's `proxyUrl` is set, so that the environment is ignored.
 */
export function ownProxy(
  protocol: 'http:' | 'https:',
  agent: Agent,
  given: unknown,
  isProxySet: boolean,
): OwnProxy {
  if (given) return { proxy: given, isAxios: true, isAdapted: false };
  if (hasOwnProxy(agent)) return given === false ? NOT_THROUGH_ITS_PROXY : NONE;
  if (given === false || isProxySet) return NONE;
  // Told nothing, axios looks into the environment, for each hop of a redirect anew.
  return { proxy: given, isAxios: environmentNames(protocol), isAdapted: false };
}

/** What is in force in axios and, up to 1.7, in npm. */
const VARIABLES = {
  'http:': ['http_proxy', 'all_proxy', 'npm_config_http_proxy', 'npm_config_proxy'],
  'https:': ['https_proxy', 'all_proxy', 'npm_config_https_proxy', 'npm_config_proxy'],
};

/** Whether there is a proxy in the environment for these URLs, but for exceptions. */
function environmentNames(protocol: 'http:' | 'https:'): boolean {
  const { env } = process;
  return VARIABLES[protocol].some((name) => Boolean(env[name] || env[name.toUpperCase()]));
}
