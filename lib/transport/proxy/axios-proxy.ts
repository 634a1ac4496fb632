import type { Agent } from 'node:http';
import { bracketed } from '../../config/host.js';
import { parseProxyUrl } from '../../config/proxy-url.js';
import type { ProxyAddress } from '../../config/resolved.js';
import { PolicyConfigError } from '../../errors.js';
import { hasOwnProxy } from '../inherited-options.js';

/** A request's own `proxy`, as axios documents it. */
interface AxiosProxy {
  readonly protocol?: string;
  readonly host?: string;
  readonly hostname?: string;
  readonly port?: number | string;
  readonly auth?: Credentials | string | null;
  /** Goes before `auth`. */
  readonly username?: string;
  readonly password?: string;
}

interface Credentials {
  readonly username?: string;
  readonly password?: string;
}

/**
 * The address of a request's own `proxy: { host, port, auth }`.
 *
 * @throws {PolicyConfigError} if it is none; the message shows no credentials.
 */
export function addressOfAxiosProxy(proxy: AxiosProxy | URL): ProxyAddress {
  const parsed = parseProxyUrl(proxy instanceof URL ? proxy.href : urlOf(proxy));
  if (parsed.ok) return parsed.value;
  throw new PolicyConfigError([{ path: 'proxy', expected: parsed.expected, received: parsed.received }]);
}

function urlOf(proxy: AxiosProxy): string {
  const { protocol = 'http', host, hostname = host, port } = proxy;
  const scheme = protocol.replace(/:?$/, '');
  const name = bracketed(hostname ?? '');
  return `${scheme}://${userinfoOf(proxy)}${name}${port === undefined ? '' : `:${port}`}`;
}

/** The credentials in each of the forms that axios takes. */
function userinfoOf({ auth, username, password = '' }: AxiosProxy): string {
  if (username) return userinfo(username, password);
  if (!auth) return '';
  if (typeof auth === 'string') {
    const [name = '', ...rest] = auth.split(':');
    return userinfo(name, rest.join(':'));
  }
  // As in axios: a request that was to have credentials does not go without.
  if (!auth.username && !auth.password)
    throw new PolicyConfigError([
      { path: 'proxy.auth', expected: 'a username or a password', received: 'neither' },
    ]);
  return userinfo(auth.username ?? '', auth.password ?? '');
}

const userinfo = (username: string, password: string): string =>
  `${encodeURIComponent(username)}:${encodeURIComponent(password)}@`;

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
