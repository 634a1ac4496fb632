import { allowsHttp } from '../../config/client-parsers.js';
import { formatDuration } from '../../config/duration.js';
import { quote } from '../../config/render.js';
import type { LimitMs, ResolvedPolicy } from '../../config/resolved.js';
import { keepAliveHintMs } from '../../transport/agents.js';
import type { AnswerSeen, ConnectionSeen, ProbeReport } from './report.js';
import { targetOf } from './route.js';

/** One thing that follows from what a probe saw. */
export interface Advice {
  /** The option to set, as it is written: `client.http1Only: false`; absent if there is none to set. */
  readonly option?: string;
  readonly text: string;
}

/** The options that follow from a report, the needed ones first. */
export function adviceOn(report: ProbeReport, policy: ResolvedPolicy): readonly Advice[] {
  return [
    ...onScheme(report, policy),
    ...onTls(report),
    ...onCertificate(report),
    ...onHttp2(report, policy),
    ...onConnecting(report, policy),
    ...onAnswers(report, policy),
    ...onKeepAlive(report, policy),
    ...onRoute(report, policy),
  ];
}

function onScheme({ url }: ProbeReport, { client }: ResolvedPolicy): Advice[] {
  const { isSecure, hostname, port } = targetOf(new URL(url));
  if (isSecure || allowsHttp(client.allowHttp, hostname, port)) return [];
  const text = 'Without it the policy refuses the URL, because it is http://. The probe asked all the same.';
  return [{ option: `client.allowHttp: [${quote(hostname)}]`, text }];
}

/** Of an answer in plain text to a handshake. */
const NO_TLS = new Set(['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG']);

function onTls({ failure }: ProbeReport): Advice[] {
  if (failure?.code === undefined || !NO_TLS.has(failure.code)) return [];
  return [{ text: 'A server for http:// answers so. Is the scheme of the URL right, and the port?' }];
}

const UNKNOWN_ISSUER = /SELF_SIGNED|UNABLE_TO_|ISSUER|UNTRUSTED/;
const SOON_DAYS = 21;

function onCertificate({ connections }: ProbeReport): Advice[] {
  const tls = connections[0]?.tls;
  const problem = tls?.problem;
  if (problem === 'CERT_HAS_EXPIRED')
    return [{ text: 'The certificate has expired: its owner has to renew it.' }];
  if (problem === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const option = 'client.tls: { servername }';
    return [{ option, text: 'The certificate is for other names. Use one of these, or the name it is for.' }];
  }
  if (problem !== undefined && UNKNOWN_ISSUER.test(problem)) {
    const text = 'The issuer of the certificate is not known: give the PEM text of its root certificate.';
    return [{ option: 'client.rootCertificate', text }];
  }
  const days = tls?.certificate?.daysLeft ?? Number.POSITIVE_INFINITY;
  return days < SOON_DAYS ? [{ text: `The certificate expires in ${days} days.` }] : [];
}

/** Of a server that chooses another protocol, and of one that ends the handshake. */
const NO_HTTP2 = new Set(['ERR_POLICY_HTTP2_NOT_SUPPORTED', 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL']);

function onHttp2({ speaksHttp2, answers, failure }: ProbeReport, { client }: ResolvedPolicy): Advice[] {
  if (failure?.code !== undefined && NO_HTTP2.has(failure.code)) {
    return [{ option: 'client.http2Only: false', text: 'The server speaks HTTP/1.1 only.' }];
  }
  if (!speaksHttp2 || !client.http1Only || answers.length === 0) return [];
  const text =
    'The server speaks HTTP/2: many requests at once then share one connection. Worth trying under load.';
  return [{ option: 'client.http1Only: false', text }];
}

/** A limit is close if what it limits takes more than a third of it when all is well. */
function isClose(tookMs: number, limitMs: LimitMs): boolean {
  return limitMs !== false && tookMs > limitMs / 3;
}

function connectMsOf({ phases }: ConnectionSeen): number {
  return Object.values(phases).reduce((sum: number, ms: number) => sum + ms, 0);
}

function onConnecting({ connections }: ProbeReport, { client }: ResolvedPolicy): Advice[] {
  const slowestMs = Math.max(0, ...connections.map(connectMsOf));
  const { connectTimeoutMs } = client;
  if (connectTimeoutMs === false || !isClose(slowestMs, connectTimeoutMs)) return [];
  const text = `A connection took ${Math.round(slowestMs)} ms; the limit is ${formatDuration(connectTimeoutMs)}.`;
  return [{ option: 'client.connectTimeout', text }];
}

function onAnswers({ answers }: ProbeReport, policy: ResolvedPolicy): Advice[] {
  const last = answers.at(-1);
  if (last === undefined) return [];
  return [...onDuration(last, policy), ...onStatus(last, policy), ...onQuota(last)];
}

function onDuration({ firstByteMs, bodyMs }: AnswerSeen, { client }: ResolvedPolicy): Advice[] {
  const { timeoutMs } = client;
  if (timeoutMs === false || !isClose(firstByteMs + bodyMs, timeoutMs)) return [];
  const text = `An answer took ${Math.round(firstByteMs + bodyMs)} ms; the limit is ${formatDuration(timeoutMs)}.`;
  return [{ option: 'client.timeout', text }];
}

function onStatus(answer: AnswerSeen, policy: ResolvedPolicy): Advice[] {
  const { status, location } = answer;
  if (location !== undefined) {
    return [{ text: `It redirects to ${location}: as baseURL that saves a request each time.` }];
  }
  if (status === 401 || status === 403) {
    return [
      { text: "It wants credentials: --header 'Authorization: …' sends them, and they are shown nowhere." },
    ];
  }
  const { retry } = policy;
  if (retry === false || !retry.isRetryableStatus(status)) return [];
  return [{ text: `The policy retries a ${status}.` }, ...onWait(answer, retry)];
}

function onWait({ waitMs }: AnswerSeen, retry: Exclude<ResolvedPolicy['retry'], false>): Advice[] {
  if (waitMs === undefined || waitMs === 0) return [];
  const wait = formatDuration(waitMs);
  if (!retry.retryAfter) {
    return [
      { option: 'retry.retryAfter: true', text: `It asks for a wait of ${wait}, which is ignored now.` },
    ];
  }
  if (waitMs < retry.retryTimeoutMs)
    return [{ text: `It asks for a wait of ${wait}, and the policy waits that long.` }];
  const text = `It asks for a wait of ${wait}, longer than retryTimeout: the policy gives up at once.`;
  return [{ option: 'retry.retryTimeout', text }];
}

function onQuota({ headers, status }: AnswerSeen): Advice[] {
  const fields = Object.keys(headers).filter((name) => name.includes('rate'));
  if (fields.length === 0 || status === 429) return [];
  return [
    {
      text: 'It counts requests (see the fields above). After a 429 the policy waits until its quota is refilled.',
    },
  ];
}

/** For a request and a close that cross on their way. */
const MARGIN_MS = 1000;

function onKeepAlive({ answers, closesUnannounced }: ProbeReport, { client }: ResolvedPolicy): Advice[] {
  const [first, second] = answers;
  if (first === undefined || second === undefined || first.protocol === 'HTTP/2' || first.isCut) return [];
  if (closesUnannounced) {
    const text =
      'It closes connections right after an answer, without a word. Then each request needs a new one.';
    return [{ option: 'client.poolMaxIdlePerHost: 0', text }];
  }
  const hintMs = keepAliveHintMs(first.headers['keep-alive']);
  // A connection with less than the margin is not kept by the probe either.
  if (!second.reused && (hintMs === undefined || hintMs > MARGIN_MS)) {
    return [{ text: 'It closes the connection after each answer: every request pays for a new one.' }];
  }
  return [{ text: idleText(hintMs, client.poolIdleTimeoutMs) }];
}

/** The policy closes an idle connection a second before the server does, or after `poolIdleTimeout`: what is shorter. */
function idleText(hintMs: number | undefined, limitMs: LimitMs): string {
  if (hintMs === undefined) {
    const limit = limitMs === false ? 'is off' : `is ${formatDuration(limitMs)}`;
    return `It does not say when it closes idle connections. poolIdleTimeout (it ${limit}) has to be shorter than that.`;
  }
  const closes = `It closes idle connections after ${formatDuration(hintMs)}`;
  const keptMs = Math.min(hintMs - MARGIN_MS, limitMs === false ? Number.POSITIVE_INFINITY : limitMs);
  if (keptMs <= 0) return `${closes}. The policy keeps none that long: every request pays for a new one.`;
  return `${closes}, and the policy after ${formatDuration(keptMs)}.`;
}

function onRoute({ route, failure }: ProbeReport, { client }: ResolvedPolicy): Advice[] {
  if (failure?.phase === 'tunnel' && failure.code === 'ERR_POLICY_PROXY_AUTH') {
    return [
      { option: 'client.proxyUrl', text: 'The proxy wants credentials: http://user:password@host:port.' },
    ];
  }
  if (route.proxy === undefined || client.proxyUrl !== undefined) return [];
  const text = 'The proxy comes from the environment. Set it to pin the proxy, or false for none.';
  return [{ option: 'client.proxyUrl', text }];
}
