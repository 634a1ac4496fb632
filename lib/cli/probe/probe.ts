import { resolvePolicy } from '../../config/resolve.js';
import type { ResolvedClient, ResolvedPolicy } from '../../config/resolved.js';
import { resolveTls } from '../../transport/tls.js';
import { type Answers, askOverHttp1, askOverHttp2, type Question } from './ask.js';
import { type ConnectOptions, type OpenConnection, openConnection } from './connection.js';
import {
  type ConnectionSeen,
  failureOf,
  PhaseError,
  type ProbeFailure,
  type ProbeReport,
  shownUrl,
} from './report.js';
import { isTunnelled, routeTo, targetOf } from './route.js';

/** With `timeout: false` the probe still comes to an end. */
const LONGEST_MS = 120_000;

/** What was found out, and under which policy. */
interface Probed {
  readonly report: ProbeReport;
  readonly policy: ResolvedPolicy;
}

/**
 * Asks a server twice, as a policy of this configuration would, and notes what it sees.
 *
 * @param headers of the request, beside its own.
 * @throws {PolicyConfigError} before anything is sent.
 */
export async function probe(
  url: URL,
  config: unknown,
  headers: Readonly<Record<string, string>>,
): Promise<Probed> {
  const policy = resolvePolicy(config);
  const { client } = policy;
  const target = targetOf(url);
  const route = routeTo(target, client);
  const tls = resolveTls(client, undefined);
  const run = new Run({ target, route, client, tls }, headers);
  const { proxy, reason } = route;
  return { policy, report: { url: shownUrl(url), route: { proxy, reason }, ...(await run.finish()) } };
}

/** One probe, from the first look-up to the second answer. */
class Run {
  readonly #options: ConnectOptions;
  readonly #question: Question;
  readonly #connections: ConnectionSeen[] = [];
  #answers: Answers = { answers: [], closesUnannounced: false };
  #speaksHttp2: boolean | undefined;

  constructor(options: ConnectOptions, headers: Readonly<Record<string, string>>) {
    const { target, client, route } = options;
    this.#options = options;
    this.#question = {
      url: target.url,
      headers: headersOf(client, headers),
      forwarder: isTunnelled(target, client) ? undefined : route.address,
      timeoutMs: client.timeoutMs || LONGEST_MS,
    };
  }

  async finish(): Promise<Omit<ProbeReport, 'url' | 'route'>> {
    const failure = await this.#run();
    return {
      connections: this.#connections,
      ...this.#answers,
      speaksHttp2: this.#speaksHttp2,
      failure,
    };
  }

  async #run(): Promise<ProbeFailure | undefined> {
    try {
      await this.#ask();
      await this.#tryHttp2();
      return undefined;
    } catch (error) {
      const failed = error instanceof PhaseError ? error : new PhaseError('request', error);
      if (failed.seen !== undefined) this.#connections.push(failed.seen);
      return failureOf(failed);
    }
  }

  async #ask(): Promise<void> {
    const { client, target } = this.#options;
    const first = await this.#connect(offered(client));
    const chosen = target.isSecure ? first.seen.tls?.alpn : client.http2Only ? 'h2' : undefined;
    if (!client.http1Only && target.isSecure) this.#speaksHttp2 = chosen === 'h2';
    if (chosen === 'h2') {
      this.#answers = await askOverHttp2(this.#question, first);
      return;
    }
    if (client.http2Only) throw new PhaseError('tls', noHttp2(first));
    let unused: OpenConnection | undefined = first;
    this.#answers = await askOverHttp1(this.#question, async () => {
      const connection = unused ?? (await this.#connect(offered(client)));
      unused = undefined;
      return connection;
    });
  }

  /** Nothing but a handshake, and nothing that fails the probe. */
  async #tryHttp2(): Promise<void> {
    const { client, target } = this.#options;
    if (!client.http1Only || !target.isSecure) return;
    const both = await openConnection(this.#options, ['h2', 'http/1.1']).catch(() => undefined);
    both?.socket.destroy();
    this.#speaksHttp2 = both && both.seen.tls?.alpn === 'h2';
  }

  /** A connection on which something may be sent. */
  async #connect(alpn: readonly string[]): Promise<OpenConnection> {
    const connection = await openConnection(this.#options, alpn);
    this.#connections.push(connection.seen);
    const problem = connection.seen.tls?.problem;
    if (problem === undefined || this.#options.client.allowInvalidCertificates) return connection;
    connection.socket.destroy();
    throw new PhaseError('tls', untrusted(problem));
  }
}

/** Of two for one name the later one holds: the given headers go before those of the configuration. */
function headersOf(
  { userAgent = 'axios-policy-probe', defaultHeaders }: ResolvedClient,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const fields = Object.entries({ ...defaultHeaders?.reveal(), ...given });
  const named = fields.map(([name, value]) => [name.toLowerCase(), value] as const);
  return { 'user-agent': userAgent, accept: '*/*', ...Object.fromEntries(named) };
}

function offered({ http1Only, http2Only }: ResolvedClient): readonly string[] {
  if (http2Only) return ['h2'];
  return http1Only ? ['http/1.1'] : ['h2', 'http/1.1'];
}

function untrusted(problem: string): Error {
  return Object.assign(new Error('the certificate is not trusted'), { code: problem });
}

function noHttp2({ socket }: OpenConnection): Error {
  socket.destroy();
  return Object.assign(new Error('the server does not speak HTTP/2'), {
    code: 'ERR_POLICY_HTTP2_NOT_SUPPORTED',
  });
}
