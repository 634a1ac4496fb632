import { quote } from '../../config/render.js';
import { renderNotes, wrap } from '../../explain/text.js';
import type { Advice } from './advice.js';
import type { AnswerSeen, ConnectionSeen, Phases, ProbeReport, TlsSeen } from './report.js';

const LABEL = 14;
const WIDTH = 100;
const LONGEST_FIELD = 120;

/** The report as text, 100 columns wide. */
export function renderProbe(report: ProbeReport, advice: readonly Advice[]): string {
  const { url, connections, answers, failure } = report;
  const lines = [
    `GET ${url}`,
    '',
    ...row('route', routeText(report)),
    ...connections.flatMap((connection, index) => connectionRows(connection, index)),
    ...tlsRows(connections[0]?.tls, report.speaksHttp2),
    ...answers.flatMap((answer, index) => row(`answer ${index + 1}`, answerText(answer))),
    ...fieldRows(answers.at(-1)),
    ...(failure === undefined
      ? []
      : row('FAILED', `${PHASES[failure.phase]}: ${codeText(failure.code)}${failure.message}`)),
    ...adviceLines(advice),
  ];
  return `${lines.join('\n')}\n`;
}

function row(label: string, text: string): string[] {
  const indent = ' '.repeat(LABEL + 2);
  return wrap(text, WIDTH - LABEL - 2).map((line, index) =>
    index === 0 ? `  ${label.padEnd(LABEL)}${line}` : `${indent}${line}`,
  );
}

function routeText({ route }: ProbeReport): string {
  return `${route.proxy === undefined ? 'direct' : `proxy ${route.proxy}`} (${route.reason})`;
}

const PHASES = { dns: 'look-up', tcp: 'TCP', tunnel: 'tunnel', tls: 'TLS', request: 'request' } as const;

const STEPS: ReadonlyArray<readonly [key: keyof Phases, name: string]> = [
  ['dnsMs', 'look-up'],
  ['tcpMs', 'TCP'],
  ['tunnelMs', 'proxy and tunnel'],
  ['tlsMs', 'TLS'],
];

function connectionRows({ addresses, peer, phases }: ConnectionSeen, index: number): string[] {
  const steps = STEPS.flatMap(([key, name]) =>
    phases[key] === undefined ? [] : `${name} ${time(phases[key])}`,
  );
  const names = index === 0 && addresses.length > 0 ? row('addresses', addresses.join(', ')) : [];
  return [...names, ...row(`connection ${index + 1}`, [peer ?? 'none', ...steps].join(', '))];
}

function tlsRows(tls: TlsSeen | undefined, speaksHttp2: boolean | undefined): string[] {
  if (tls === undefined) return [];
  const http2 = { true: 'the server speaks HTTP/2', false: 'no HTTP/2', undefined: '' }[`${speaksHttp2}`];
  const facts = [tls.version, tls.alpn && `ALPN ${tls.alpn}`, http2].filter(Boolean).join(', ');
  return [...row('TLS', facts), ...certificateRows(tls)];
}

function certificateRows({ certificate, problem }: TlsSeen): string[] {
  if (certificate === undefined) return [];
  const { subject, issuer, names, validTo, daysLeft } = certificate;
  const when = daysLeft < 0 ? `expired ${-daysLeft} days ago` : `${daysLeft} days left`;
  const trust = problem === undefined ? 'trusted' : `NOT trusted (${problem})`;
  const shown = names.length > 4 ? [...names.slice(0, 4), `${names.length - 4} more`] : names;
  return [
    ...row('certificate', `${text(subject)}, issued by ${text(issuer)}, ${trust}`),
    ...row('', `for ${text(shown.join(', '))}, until ${validTo.slice(0, 10)} (${when})`),
  ];
}

function answerText(answer: AnswerSeen): string {
  const { status, protocol, reused, firstByteMs, bodyMs, bodyBytes, isCut, location } = answer;
  const where = reused ? ', same connection' : '';
  const size = isCut
    ? `more than ${bodyBytes} bytes, not read further`
    : `${bodyBytes} bytes in ${time(bodyMs)}`;
  const to = location === undefined ? '' : `, redirect to ${location}`;
  return `${status} over ${protocol}${where}, first byte after ${time(firstByteMs)}, ${size}${to}`;
}

function fieldRows(answer: AnswerSeen | undefined): string[] {
  const fields = Object.entries(answer?.headers ?? {});
  return fields.flatMap(([name, value], index) =>
    row(index === 0 ? 'fields' : '', `${name}: ${text(value)}`),
  );
}

function adviceLines(advice: readonly Advice[]): string[] {
  const options = advice.flatMap(({ option, text }) => (option === undefined ? [] : `${option}   ${text}`));
  const notes = advice.flatMap(({ option, text }) => (option === undefined ? text : []));
  return [
    ...(options.length === 0 ? [] : ['', 'Options that follow', '', ...renderNotes(options)]),
    ...(notes.length === 0 ? [] : ['', 'Good to know', '', ...renderNotes(notes)]),
  ];
}

function time(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

function codeText(code: string | undefined): string {
  return code === undefined ? '' : `${code}, `;
}

/** What the server said; nothing of it reaches the terminal unescaped. */
function text(value: string): string {
  return quote(value, LONGEST_FIELD).slice(1, -1);
}
