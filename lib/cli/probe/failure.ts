import type { ConnectionSeen, Phase, ProbeFailure } from './report.js';

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
  return { phase, code, message: words ?? firstLine(message) };
}

/** OpenSSL's messages go on with where in its source they come from. */
function firstLine(message: string): string {
  const [line = ''] = message.trim().split('\n');
  return line;
}
