/** Messages as attributes of the stable HTTP conventions, https://opentelemetry.io/docs/specs/semconv/http/. */
import type { Attributes } from '@opentelemetry/api';
import type { AttemptDescription, AttemptEndMessage } from '../request/channels.js';
import { serverAttributes } from './bounded.js';

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
  return kind === 'ok' || kind === 'status' ? undefined : (code ?? '_OTHER');
}
