import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { blocksOf, ROOT, textOf } from './helpers/documents.js';
import { findProgram, temporaryDirectory } from './helpers/real-server.js';

const ALERTS = 'docs/prometheus-alerts.yml';

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets?: readonly { readonly expr: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly definition?: string }[] };
}

const dashboard = JSON.parse(readFileSync(join(ROOT, 'docs/grafana-dashboard.json'), 'utf8')) as Dashboard;
const queries = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
const variables = dashboard.templating.list.flatMap(({ definition }) => definition ?? []);
const conditions = [...textOf(ALERTS).matchAll(/expr: (?:\|\n((?: {10}.*\n)+)|(.*)\n)/g)].map(
  ([, block, line]) => block ?? line ?? '',
);

const words = (text: string): string[] => text.match(/[a-z_][a-z0-9_]*/g) ?? [];
const inPrometheus = (name: string): string => name.replaceAll('.', '_');

/** The metrics by the names that Prometheus gives them, each with its labels, from the page that is made of the code. */
function metricsInPrometheus(): ReadonlyMap<string, ReadonlySet<string>> {
  const [, table = ''] = /## Metrics\n\n([\s\S]*?)\n\n/.exec(textOf('docs/reference/metrics.md')) ?? [];
  const rows = table.split('\n').slice(2);
  return new Map(
    rows.flatMap((row) => {
      const [name = '', kind = '', , , attributes = ''] = row
        .slice(2, -2)
        .split(' | ')
        .map((cell) => cell.replaceAll('`', ''));
      const labels = attributes.split(' ').map(inPrometheus);
      return seriesOf(inPrometheus(name), kind).map((series): [string, Set<string>] => {
        return [series, new Set(series.endsWith('_bucket') ? [...labels, 'le'] : labels)];
      });
    }),
  );
}

/**
 * By https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/: units in braces are left out. The
 * exporter of OpenTelemetry's JavaScript leaves out the seconds as well.
 */
function seriesOf(name: string, kind: string): string[] {
  if (kind === 'Counter') return [`${name}_total`];
  if (kind !== 'Histogram') return [name];
  return ['bucket', 'count', 'sum'].flatMap((part) => [`${name}_seconds_${part}`, `${name}_${part}`]);
}

const metrics = metricsInPrometheus();

/** The metrics that a query asks for, by their names or by a pattern of them; a name that there is not is one as well. */
function metricsIn(query: string): string[] {
  const patterns = [...query.matchAll(/__name__=~"([^"]+)"/g)].map(
    ([, pattern]) => new RegExp(`^(?:${pattern})$`),
  );
  const matched = [...metrics.keys()].filter((name) => patterns.some((pattern) => pattern.test(name)));
  const bare = query.replace(/\{[^}]*\}|by \([^)]*\)/g, '');
  return [...matched, ...words(bare).filter((word) => /^(axios_policy|http_client)_/.test(word))];
}

const patternsIn = (query: string): number => query.split('__name__').length - 1;

function labelsIn(query: string): string[] {
  const matchers = [...query.matchAll(/\{([^}]*)\}/g)].flatMap(([, inside = '']) =>
    words(inside.replace(/"[^"]*"/g, '').replaceAll('__name__', '')),
  );
  const groups = [...query.matchAll(/by \(([^)]*)\)/g)].flatMap(([, inside = '']) => words(inside));
  return [...matchers, ...groups];
}

describe.each([
  ['the dashboard', queries],
  ['the alert rules', conditions],
])('every query of %s', (_title, all) => {
  it.each(all)('asks for a metric that there is, by labels that it has: %s', (query) => {
    const names = metricsIn(query);
    expect(names.length).toBeGreaterThan(0);
    // With the unit and without it.
    if (patternsIn(query) > 0) expect(names.filter((name) => /duration/.test(name))).toHaveLength(2);
    for (const name of names) {
      expect([...metrics.keys()]).toContain(name);
      for (const label of labelsIn(query)) expect([...(metrics.get(name) ?? [])]).toContain(label);
    }
  });
});

describe('the dashboard', () => {
  it('shows every metric', () => {
    const shown = new Set(queries.flatMap(metricsIn));
    const left = [...metrics.keys()].filter((name) => !shown.has(name));
    expect(left).toEqual(['http_client_request_duration_seconds_sum', 'http_client_request_duration_sum']);
  });

  it('lets policies and servers be chosen by labels that there are', () => {
    const labels = variables.map((query) => /, (\w+)\)$/.exec(query)?.[1] ?? '');
    expect(labels).toEqual(['axios_policy_name', 'server_address']);
    for (const query of variables)
      for (const name of metricsIn(query.replace(/, \w+\)$/, '')))
        expect([...(metrics.get(name) ?? [])]).toEqual(expect.arrayContaining(labels));
    expect(queries.filter((query) => !(query.includes('$policy') && query.includes('$server')))).toEqual([]);
  });

  it('has panels side by side, none over another', () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)}/${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(dashboard.panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });
});

describe('the recipe for prom-client', () => {
  it('gives metrics the names and labels that they have here', () => {
    const recipe =
      blocksOf('docs/observability.md').find(({ code }) => code.includes("'prom-client'"))?.code ?? '';
    const names = [...recipe.matchAll(/name: '(\w+_\w+)'/g)].map(([, name = '']) => name);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !metrics.has(name))).toEqual([]);
    const labels = new Set(
      words(recipe).filter((word) => /^(axios_policy_(name|state|reason)|server_)/.test(word)),
    );
    expect(labels).toEqual(
      new Set(['axios_policy_name', 'axios_policy_state', 'axios_policy_reason', 'server_address']),
    );
  });
});

describe('promtool', () => {
  const promtool = findProgram('promtool');
  if (promtool === undefined) {
    it('can check nothing here, because it is not installed', () => {
      expect(findProgram('promtool')).toBeUndefined();
    });
    return;
  }
  const run = async (...args: string[]) => (await promisify(execFile)(promtool, args, { cwd: ROOT })).stdout;

  it('finds the alert rules in order', async () => {
    expect(await run('check', 'rules', ALERTS)).toContain(`SUCCESS: ${conditions.length} rules found`);
  });

  it('has each alert fire for what it is about, and for nothing else', async () => {
    const cases = '__tests__/fixtures/prometheus-alerts.yml';
    const names = [...textOf(ALERTS).matchAll(/alert: (\w+)/g)].map(([, name]) => name);
    const tried = [...textOf(cases).matchAll(/alertname: (\w+)/g)].map(([, name]) => name);
    expect(new Set(tried)).toEqual(new Set(names));
    expect(await run('test', 'rules', cases)).toContain('SUCCESS');
  });

  it('understands every query of the dashboard', async () => {
    const rules = queries.map((query, i) => {
      const plain = query.replaceAll('$__rate_interval', '5m').replaceAll(/\$(policy|server)/g, '.*');
      return { record: `query:${i}`, expr: plain };
    });
    const file = join(await temporaryDirectory(), 'rules.yml');
    // JSON is YAML.
    await writeFile(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
    expect(await run('check', 'rules', file)).toContain(`SUCCESS: ${queries.length} rules found`);
  });
});
