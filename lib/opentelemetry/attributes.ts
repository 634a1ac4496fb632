/** Messages as attributes of the stable HTTP conventions, https://opentelemetry.io/docs/specs/semconv/http/. */
import type { Attributes } from '@opentelemetry/api';
import type { AttemptDescription, AttemptEndMessage } from '../request/channels.js';

/** `error.type` of what has no type, or of too many to tell apart, by the conventions. */
export const OTHER_ERROR = '_OTHER';

/** RFC 9110, PATCH (RFC 5789), and QUERY. */
const KNOWN_METHODS = 'CONNECT,DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT,QUERY,TRACE';

/** Tells the methods that may be the value of an attribute; others are of a cardinality nobody knows. */
export class MethodNames {
  readonly #known: ReadonlySet<string>;

  /** @param env its `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS` replaces the list, as the conventions want it. */
  constructor(env: NodeJS.ProcessEnv) {
    const list = env.OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS ?? KNOWN_METHODS;
    this.#known = new Set(list.split(',').map((name) => name.trim()));
  }

  /** `http.request.method`. */
  attributeOf(method: string): string {
    return this.#known.has(method) ? method : '_OTHER';
  }

  /** A span's name: the method, for the path has too many values. */
  spanNameOf(method: string): string {
    return this.#known.has(method) ? method : 'HTTP';
  }
}

/** What is known when a span begins, and samplers may decide by. */
export function startAttributes(message: AttemptDescription, methods: MethodNames): Attributes {
  const { method, name, url, resends } = message;
  return {
    'http.request.method': methods.attributeOf(method),
    ...(name === undefined ? {} : { 'axios_policy.name': name }),
    ...serverAttributes(url),
    ...(methods.attributeOf(method) === method ? {} : { 'http.request.method_original': method }),
    'url.full': url,
    ...(resends > 0 ? { 'http.request.resend_count': resends } : {}),
  };
}

/** What is known when an attempt has ended, of spans and metrics. */
export function endAttributes({ kind, status, code, httpVersion }: AttemptEndMessage): Attributes {
  const errorType = errorTypeOf(kind, status, code);
  return {
    ...(status === undefined ? {} : { 'http.response.status_code': status }),
    ...(httpVersion === undefined
      ? {}
      : { 'network.protocol.version': httpVersion === '2.0' ? '2' : httpVersion }),
    ...(errorType === undefined ? {} : { 'error.type': errorType }),
  };
}

/** Where the time of an attempt went, of spans alone: numbers make no series. */
export function timingAttributes({ timings }: Pick<AttemptEndMessage, 'timings'>): Attributes {
  if (timings === undefined) return {};
  return {
    'axios_policy.connection.reused': timings.reused,
    ...seconds('axios_policy.timings.queued', timings.queuedMs),
    ...seconds('axios_policy.timings.dns', timings.dnsMs),
    ...seconds('axios_policy.timings.connect', timings.connectMs),
    ...seconds('axios_policy.timings.tls', timings.tlsMs),
    ...seconds('axios_policy.timings.first_byte', timings.firstByteMs),
    ...seconds('axios_policy.timings.body', timings.bodyMs),
  };
}

/** OpenTelemetry measures durations in seconds. */
function seconds(key: string, ms: number | undefined): Attributes {
  return ms === undefined ? {} : { [key]: ms / 1000 };
}

function errorTypeOf(
  kind: AttemptEndMessage['kind'],
  status: number | undefined,
  code: string | undefined,
): string | undefined {
  if (status !== undefined && status >= 400) return String(status);
  // Of kind `status` is also a 304 that `validateStatus` does not accept: an exchange that went well.
  return kind === 'ok' || kind === 'status' ? undefined : (code ?? OTHER_ERROR);
}

/** The value of all that came too late to be told apart. */
const OTHER = '_other';

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** The first few values of an attribute; every series that a metric has is kept for as long as the process runs. */
export class BoundedValues {
  readonly #limit: number;
  readonly #known = new Set<string>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether a value is one of them, or there is room for it. */
  admits(value: string): boolean {
    if (this.#known.has(value)) return true;
    if (this.#known.size >= this.#limit) return false;
    this.#known.add(value);
    return true;
  }
}

/** The attributes of metrics that say of which policy and which server they are, of bounded number. */
export class SeriesAttributes {
  readonly #names: BoundedValues;
  readonly #origins: BoundedValues;

  /** @param limit of names, and of origins. */
  constructor(limit: number) {
    this.#names = new BoundedValues(limit);
    this.#origins = new BoundedValues(limit);
  }

  /** @param url of the server, with whatever path. */
  of(name: string | undefined, url: string | undefined): Attributes {
    return { ...this.#nameOf(name), ...(url === undefined ? {} : this.#serverOf(url)) };
  }

  #nameOf(name: string | undefined): Attributes {
    if (name === undefined) return {};
    return { 'axios_policy.name': this.#names.admits(name) ? name : OTHER };
  }

  #serverOf(url: string): Attributes {
    const server = serverAttributes(url);
    const { 'server.address': address, 'server.port': port } = server;
    if (address === undefined || this.#origins.admits(`${address} ${port}`)) return server;
    return { 'server.address': OTHER };
  }
}

/** The server of a URL, as the conventions name it; nothing of one that is relative or withheld. */
function serverAttributes(url: string): Attributes {
  if (url.startsWith('unix:')) return { 'server.address': url.slice('unix:'.length) };
  if (!URL.canParse(url)) return {};
  const { protocol, hostname, port } = new URL(url);
  const serverPort = Number(port) || DEFAULT_PORTS[protocol];
  if (serverPort === undefined) return {};
  return { 'server.address': hostname.replace(/^\[(.*)\]$/, '$1'), 'server.port': serverPort };
}
