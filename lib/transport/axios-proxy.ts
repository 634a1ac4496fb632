import { parseProxyUrl } from '../config/proxy-url.js';
import type { ProxyAddress } from '../config/resolved.js';
import { PolicyConfigError } from '../errors.js';

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
  const name = hostname?.includes(':') && !hostname.startsWith('[') ? `[${hostname}]` : (hostname ?? '');
  const { username = '', password = '' } = auth ?? {};
  const userinfo =
    auth === undefined ? '' : `${encodeURIComponent(username)}:${encodeURIComponent(password)}@`;
  const parsed = parseProxyUrl(`${scheme}://${userinfo}${name}${port === undefined ? '' : `:${port}`}`);
  if (parsed.ok) return parsed.value;
  throw new PolicyConfigError([{ path: 'proxy', expected: parsed.expected, received: parsed.received }]);
}
