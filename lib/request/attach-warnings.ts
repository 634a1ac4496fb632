import { allowsHttp } from '../config/allow-http.js';
import type {
  ExplicitOption,
  ResolvedClient,
  ResolvedPolicy,
  ResolvedRequestPolicy,
} from '../config/resolved.js';
import { describeShortLimit } from '../config/short-limits.js';
import type { Unsupported } from '../config/unsupported-options.js';
import type { RequestConfig } from './axios.js';
import { makesOwnConnections } from './axios.js';
import { warnDeveloper } from './call-hook.js';
import type { UrlBuilder } from './url.js';
import { plainHttpUrl } from './url.js';

type Defaults = Pick<RequestConfig, 'baseURL' | 'socketPath'>;

/** Tells the developer, when a policy is attached, what of it is right and yet may not be meant. */
export function remarkOn(policy: ResolvedPolicy, defaults: Defaults, axios: UrlBuilder): void {
  const whose = policy.name === undefined ? '' : `policy '${policy.name}': `;
  const tell = (code: string, message: string | undefined) => {
    if (message !== undefined) warnDeveloper(code, whose + message);
  };
  tell('AXIOS_POLICY_INVALID_CERTIFICATES', certificates(policy));
  tell('AXIOS_POLICY_HTTP_NOT_ALLOWED', plainBase(policy, defaults, axios));
  tell('AXIOS_POLICY_SHORT_LIMITS', limits(policy));
}

function certificates({ client }: ResolvedPolicy): string | undefined {
  return client.allowInvalidCertificates
    ? 'client.allowInvalidCertificates is on: TLS certificates are not checked'
    : undefined;
}

/** Told by the first request alone, it would be known in production and not before. */
function plainBase({ client }: ResolvedPolicy, defaults: Defaults, axios: UrlBuilder): string | undefined {
  const { baseURL, socketPath } = defaults;
  if (client.allowHttp === true || !baseURL) return undefined;
  const base = plainHttpUrl({ baseURL, ...(socketPath && { socketPath }) }, axios);
  if (base === undefined || allowsHttp(client.allowHttp, base.hostname, base.port)) return undefined;
  return `baseURL is http://${base.host}, which is refused: use https, or allow it with client.allowHttp`;
}

function limits({ shortLimits }: ResolvedPolicy): string | undefined {
  // With a unit it is meant.
  const bare = shortLimits?.filter(({ inSeconds }) => inSeconds !== undefined) ?? [];
  if (bare.length === 0) return undefined;
  return `numbers are milliseconds: ${bare.map(describeShortLimit).join(', ')}`;
}

type Adapter = RequestConfig['adapter'];

/** What an instance's own adapter does not support; `undefined` if it supports all. */
export function unsupportedBy({ adapter }: Pick<RequestConfig, 'adapter'>): Unsupported | undefined {
  if (!makesOwnConnections(adapter)) return undefined;
  return { needs: ['sockets'], reason: `${describe(adapter)} makes its own connections` };
}

/** Warns, once per policy, of options that somebody set and the adapter of a request does not support. */
export class UnsupportedOptions {
  readonly #explicit: readonly ExplicitOption[];
  #hasWarned = false;

  constructor({ explicit }: ResolvedClient) {
    this.#explicit = explicit.filter(({ needs }) => needs === 'sockets');
  }

  /** A request goes through an adapter that makes connections of its own. */
  note(adapter: Adapter, { readTimeoutMs }: ResolvedRequestPolicy): void {
    if (this.#hasWarned) return;
    const paths = this.#explicit.map(({ path }) => path);
    if (readTimeoutMs) paths.push('policy.readTimeout');
    if (paths.length === 0) return;
    this.#hasWarned = true;
    warnDeveloper(
      'AXIOS_POLICY_UNHELD_FIELDS',
      `${paths.join(', ')}: cannot hold for a request whose ${describe(adapter)} makes its own connections`,
    );
  }
}

function describe(adapter: Adapter): string {
  return `adapter ${[adapter].flat().join(', ')}`;
}
