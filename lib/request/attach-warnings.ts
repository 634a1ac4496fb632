import { allowsHttp } from '../config/allow-http.js';
import type {
  GivenField,
  ResolvedClient,
  ResolvedPolicy,
  ResolvedRequestPolicy,
} from '../config/resolved.js';
import { describeShortLimit } from '../config/short-limits.js';
import type { Unavailable } from '../config/socket-fields.js';
import { SOCKET_KEYS } from '../config/socket-fields.js';
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

/** The fields that cannot hold for an instance, by its own adapter; `undefined` if all can. */
export function unavailableWith({ adapter }: Pick<RequestConfig, 'adapter'>): Unavailable | undefined {
  if (!makesOwnConnections(adapter)) return undefined;
  return { keys: SOCKET_KEYS, reason: `${describe(adapter)} makes its own connections` };
}

/** Warns, once per policy, of fields that somebody set and that do not hold for a request by the adapter it chose. */
export class UnheldFields {
  readonly #given: readonly GivenField[];
  #hasWarned = false;

  constructor({ given }: ResolvedClient) {
    this.#given = given.filter(({ key }) => SOCKET_KEYS.has(key));
  }

  /** A request goes through an adapter that makes connections of its own. */
  note(adapter: Adapter, { readTimeoutMs }: ResolvedRequestPolicy): void {
    if (this.#hasWarned) return;
    const paths = this.#given.map(({ path }) => path);
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
