/** What a probe saw. Times are in ms; nothing in it is a secret. */
export interface ProbeReport {
  /** Without credentials, query and fragment. */
  readonly url: string;
  readonly route: Route;
  /** The connections that were made, in order. */
  readonly connections: readonly ConnectionSeen[];
  /** The answers to the same request, sent twice. */
  readonly answers: readonly AnswerSeen[];
  /** Whether the server closed the connection between the answers without announcing it. */
  readonly closesUnannounced: boolean;
  /** Whether the server speaks HTTP/2; `undefined` if that is not known. */
  readonly speaksHttp2: boolean | undefined;
  /** Why the probe did not come to its end. */
  readonly failure: ProbeFailure | undefined;
}

/** How the server is reached, and why so. */
export interface Route {
  /** `http://host:port`, or `undefined` for a direct connection. */
  readonly proxy: string | undefined;
  /** `client.proxyUrl`, an environment variable, or why there is no proxy. */
  readonly reason: string;
}

/** A connection that was made. */
export interface ConnectionSeen {
  /** Addresses of the name that was looked up; empty for an address, and for a host that the proxy looks up. */
  readonly addresses: readonly string[];
  /** `address:port` of the other end: the server's, or the proxy's. */
  readonly peer: string | undefined;
  readonly phases: Phases;
  readonly tls: TlsSeen | undefined;
}

/** How long each step took; absent where there was none. */
export interface Phases {
  dnsMs?: number;
  tcpMs?: number;
  /** The connection to the proxy, and its answer to CONNECT. */
  tunnelMs?: number;
  tlsMs?: number;
}

/** A step of a probe. */
export type Phase = 'dns' | 'tcp' | 'tunnel' | 'tls' | 'request';

/** TLS of a connection to the server. */
export interface TlsSeen {
  /** `TLSv1.3` */
  readonly version: string;
  /** The protocol that the server chose by ALPN, if it did. */
  readonly alpn: string | undefined;
  readonly certificate: CertificateSeen | undefined;
  /** Why Node does not trust the certificate: `CERT_HAS_EXPIRED`. */
  readonly problem: string | undefined;
}

/** The server's own certificate. */
export interface CertificateSeen {
  readonly subject: string;
  readonly issuer: string;
  readonly names: readonly string[];
  /** ISO 8601. */
  readonly validTo: string;
  /** Negative if it has expired. */
  readonly daysLeft: number;
}

/** An answer of the server. */
export interface AnswerSeen {
  readonly protocol: 'HTTP/1.1' | 'HTTP/2';
  readonly status: number;
  /** Whether it came on the connection of the answer before. */
  readonly reused: boolean;
  /** From the request to the first byte of the answer. */
  readonly firstByteMs: number;
  readonly bodyMs: number;
  readonly bodyBytes: number;
  /** Whether the body was longer than the probe reads. */
  readonly isCut: boolean;
  /** Of the header fields, those about connections and waiting, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of a redirect: where to, without credentials, query and fragment. */
  readonly location: string | undefined;
  /** How long it asks to wait, by `Retry-After` or rate-limit fields. */
  readonly waitMs: number | undefined;
}

/** Where and why a probe ended early. */
export interface ProbeFailure {
  readonly phase: Phase;
  readonly code: string | undefined;
  readonly message: string;
}

/** A URL as it may be shown. */
export function shownUrl({ origin, pathname }: URL): string {
  return `${origin}${pathname}`;
}

/** An error, and the step in which it happened. */
export class PhaseError extends Error {
  readonly phase: Phase;
  /** What was seen until then of a connection that never stood. */
  readonly seen: ConnectionSeen | undefined;

  constructor(phase: Phase, cause: unknown, seen?: ConnectionSeen) {
    super(`failed: ${phase}`, { cause });
    this.phase = phase;
    this.seen = seen;
  }
}

const IN_WORDS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no host of this name',
  EAI_AGAIN: 'the name could not be looked up now',
  ECONNREFUSED: 'nothing listens at this address and port',
  ECONNRESET: 'the other side closed the connection',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ETIMEDOUT: 'no answer in time',
  EPROTO: 'the other side does not speak TLS as it should',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the other side does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'the other side does not speak TLS',
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: 'the server does not speak HTTP/2',
  HPE_INVALID_CONSTANT: 'the answer is not HTTP',
};

/** What went wrong, in words. */
export function failureOf({ phase, cause }: PhaseError): ProbeFailure {
  const [first = cause] = cause instanceof AggregateError ? cause.errors : [];
  const { code, message } = first as NodeJS.ErrnoException & { policyCode?: string };
  const isOurs = first instanceof Error && 'policyCode' in first;
  const words = code === undefined || isOurs ? undefined : IN_WORDS[code];
  // OpenSSL's messages go on with where in its source they come from.
  return { phase, code, message: words ?? message.trim().replace(/\n.*$/s, '') };
}
