import type { Scenario } from '../../lib/cli/simulate/scenario.js';
import { table } from '../shared/table.js';
import { axiosPolicy } from './policies/product.js';
import { OFFERED_RPS } from './scenarios.js';
import type { Summary } from './summary.js';

/** How soon a fleet is to be well again. */
const RECOVERY_LIMIT_MS = 10_000;

const PREFACE = `# What a fleet does to a server in trouble

A simulation in discrete events and virtual time, deterministic by its seed; the decisions, delays and budgets of
axios-policy are its own code. Reproduce it: \`npm run simulate\`.

Clients that together send ${OFFERED_RPS} requests/s, at random moments, to a server that can answer 400/s: 20 workers, exponential
service times, a bounded queue, first come, first served. It rejects with 503 what does not fit into the queue; that
costs it a tenth of a request. It does not notice that a client has given up. An attempt times out after 1 s; the round
trip is 5 ms. All requests are GETs.

*recovery*: from the end of the trouble to the first 5 s in which 98 % of the new requests succeed within 1 s.
*goodput*: successes during the trouble, of what the server could have answered.
*load*: attempts per request, until 10 s after the trouble.
*succeed*: of the requests begun during the trouble, within 10 s.
*p99*: of the requests that succeed, begun until 10 s after the trouble.
Medians of the seeds; several recoveries are given as a range. *any* number of clients: no client has a memory of its
own.`;

const ALTERNATIVES = `Three other budgets for axios-policy, with the largest fleet, whose clients are so quiet that each knows next to nothing:
*minTokens: 3* saves up three retries instead of ten (\`budget: { minTokens: 3 }\`); *dear timeouts* takes five tokens for
the retry of a timeout from the third failure in a row; *one budget for all* is what a \`RetryBudget\` shared by the whole
fleet would do, or a gateway that does the retrying. None is the default, because each pays for a sooner recovery with
requests that ten retries would have saved: see the outages, the faults and the stalls.

A client that sends its first request in minutes when the server is down cannot know that a thousand others do the same.
With 100 000 clients (\`--fleets 100000\`) that is the rule: already one retry each would send 600 attempts/s to a server
that can answer 400, so nothing that a client remembers by itself helps, only what it shares, or a server that says
Retry-After.`;

/** The report in Markdown. */
export function report(
  scenarios: readonly Scenario[],
  summaries: readonly Summary[],
  aftermathMs: number,
): string {
  const sections = scenarios.map((scenario) => section(scenario, summaries));
  const watched = `**later**: not in the ${aftermathMs / 1000} s that a run goes on after the trouble.`;
  return [PREFACE, watched, verdict(summaries), ALTERNATIVES, ...sections].join('\n\n');
}

function section({ name, title }: Scenario, summaries: readonly Summary[]): string {
  const head = ['policy', 'clients', 'recovery', 'goodput', 'load', 'succeed', 'p99'];
  const rows = summaries.filter(({ scenario }) => scenario === name).map(row);
  const pictures = `![goodput over time](goodput-${name}.svg)\n\n![goodput over time by budget](budgets-${name}.svg)`;
  return `## ${capitalized(title)}\n\n${pictures}\n\n${table(head, rows)}`;
}

function row(summary: Summary): string[] {
  const { policy, clients, recoveryMs, goodput, amplification, succeeded, p99Ms } = summary;
  return [
    policy,
    clients === null ? 'any' : String(clients),
    describeRecovery(recoveryMs),
    goodput === null ? '–' : percent(goodput),
    `${amplification.toFixed(1)} ×`,
    percent(succeeded),
    `${(p99Ms / 1000).toFixed(1)} s`,
  ];
}

function describeRecovery(recoveryMs: readonly (number | null)[]): string {
  const texts = recoveryMs.map((ms) => (ms === null ? '**later**' : `${ms / 1000} s`));
  const [first, last] = [texts[0] ?? '–', texts.at(-1) ?? '–'];
  return first === last ? first : `${first} … ${last}`;
}

/** Where the product keeps its word, and where not. */
function verdict(summaries: readonly Summary[]): string {
  const own = summaries.filter(({ policy }) => policy === axiosPolicy.name);
  const late = own.filter(({ recoveryMs }) => recoveryMs.some((ms) => ms === null || ms > RECOVERY_LIMIT_MS));
  const kept = `${own.length - late.length} of ${own.length} fleets with axios-policy recover within 10 s, whatever the seed`;
  if (late.length === 0) return `${kept}.`;
  const misses = late.map(
    ({ scenario, clients, recoveryMs }) =>
      `- ${scenario}, ${clients} clients of ${rate(clients)} requests/s each: ${describeRecovery(recoveryMs)}`,
  );
  return [`${kept}. Not so:`, '', ...misses].join('\n');
}

function rate(clients: number | null): string {
  return String(Number((OFFERED_RPS / (clients ?? 1)).toPrecision(2)));
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
