// The pages of the reference, by their file names.
import { channelsOf } from './channels.mjs';
import { functionSection, sectionOf, sectionsOf, table } from './markdown.mjs';
import { explainedOptions, instruments } from './running.mjs';
import { Source } from './source.mjs';

const NOTE = '<!-- Made from the source code by `npm run docs:reference`. Changes belong there. -->';

function page(title, intro, ...parts) {
  return `# ${title}\n\n${NOTE}\n\n${[intro, ...parts].filter((part) => part !== '').join('\n\n')}\n`;
}

/** An option: type, default and the reason for it, meaning. */
function optionOf({ name, type, doc }, prefix, explained) {
  const known = explained.get(`${prefix}.${name}`);
  const byDefault = known ? `\`${known.defaultText}\`` : (doc.defaultValue ?? 'none');
  return [
    `### ${prefix}.${name}`,
    `Type: \`${type}\`. Default: ${byDefault}.`,
    doc.text,
    known?.why ? `*Why this default:* ${known.why}` : '',
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function optionsOf(source, typeName, prefix, explained) {
  return source
    .membersOf(source.declarationOf(typeName))
    .filter(({ name }) => name !== 'backoff' && name !== 'tls')
    .map((member) => optionOf(member, prefix, explained))
    .join('\n\n');
}

function overviewOf(source, typeName, prefix, explained) {
  const rows = source
    .membersOf(source.declarationOf(typeName))
    .filter(({ name }) => !['backoff', 'tls'].includes(name))
    .map(({ name, doc }) => {
      const byDefault = explained.get(`${prefix}.${name}`)?.defaultText ?? doc.defaultValue ?? '';
      const anchor = `${prefix}${name}`.replaceAll('.', '').toLowerCase();
      return [
        `[\`${prefix}.${name}\`](#${anchor})`,
        byDefault.replaceAll('`', ''),
        `${doc.text.split(/(?<=\.)\s/)[0]}`,
      ];
    });
  return table(['option', 'default', 'in short'], rows);
}

/** Types that have a section, or a page, of their own. */
const ELSEWHERE = new Set([
  ...[
    'PolicyConfig',
    'ClientConfig',
    'RetryConfig',
    'TlsConfig',
    'BackoffConfig',
    'BudgetConfig',
    'RetryBudget',
  ],
  ...['Outcome', 'RetryEvent', 'GiveUpEvent', 'RequestLike'],
]);

/** What stands behind the names of types in the options: how values may be written. */
function valueTypesOf(source) {
  const mentioned = ['ClientConfig', 'RetryConfig', 'PolicyConfig'].flatMap((name) =>
    source.mentionedBy(source.declarationOf(name)),
  );
  return [...new Set(mentioned)]
    .filter(({ name }) => !ELSEWHERE.has(name.getText()))
    .map((declaration) => sectionOf(source, declaration, 3))
    .join('\n\n');
}

function optionsPage(source) {
  const explained = explainedOptions();
  const group = (title, type, prefix) =>
    `## ${title}\n\n${overviewOf(source, type, prefix, explained)}\n\n${optionsOf(source, type, prefix, explained)}`;
  return page(
    'Options',
    'What `attachPolicy(instance, { client, retry, name })` takes. Durations are numbers of milliseconds or strings such as `5s`: [configuration](../configuration.md). Every key may be written in snake_case.',
    sectionOf(source, source.declarationOf('PolicyConfig')),
    group('client', 'ClientConfig', 'client'),
    sectionOf(source, source.declarationOf('TlsConfig')).replace('## TlsConfig', '## client.tls'),
    group('retry', 'RetryConfig', 'retry'),
    group('retry.backoff', 'BackoffConfig', 'retry.backoff'),
    sectionOf(source, source.declarationOf('BudgetConfig')).replace(
      '## BudgetConfig',
      '## retry.budget: tuning',
    ),
    sectionOf(source, source.declarationOf('RetryBudget')).replace(
      '## RetryBudget',
      '## retry.budget: one of your own',
    ),
    `## Types\n\n${valueTypesOf(source)}`,
  );
}

function errorsPage(source) {
  const sections = source
    .classesBeside('PolicyError')
    .filter(({ name }) => name !== undefined)
    .map((declaration) => {
      const code = /super\(\s*'(ERR_POLICY_\w+)'/.exec(declaration.getText())?.[1];
      const section = sectionOf(source, declaration);
      return code === undefined
        ? section
        : section.replace(/^## .*\n/, (heading) => `${heading}\nCode: \`${code}\`\n`);
    });
  return page(
    'Errors',
    'The classes of errors that the policy makes. All of them are `PolicyError`. Each is the `cause` of the `AxiosError` that a call rejects with; `PolicyConfigError` is thrown by `attachPolicy`. What to do about each: [errors](../errors.md).',
    ...sections,
    sectionOf(source, source.declarationOf('ConfigProblem')),
  );
}

function channelsPage(source) {
  const channels = channelsOf(source);
  const rows = channels.map(({ channel, type, when }) => [`\`${channel}\``, `\`${type}\``, when]);
  return page(
    'Channels',
    'Channels of `node:diagnostics_channel`. While nobody subscribes, no message is made. No message shows a secret when it is printed. How to subscribe: [observability](../observability.md#channels).',
    table(['channel', 'message', 'when'], rows),
    sectionsOf(
      source,
      channels.map(({ type }) => type),
      new Set(
        ['Outcome', 'RetryEvent', 'GiveUpEvent', 'OutcomeKind', 'GiveUpReason', 'RequestTimings'].map(
          (name) => source.declarationOf(name),
        ),
      ),
    ),
    'What is in `RetryEvent` and `GiveUpEvent`: [events](events.md).',
  );
}

function metricsPage(source) {
  const { metrics, spans } = instruments();
  const rows = metrics.map(({ name, kind, unit, description, attributes }) => [
    `\`${name}\``,
    kind,
    unit ? `\`${unit}\`` : '',
    description ?? '',
    attributes.map((key) => `\`${key}\``).join(' '),
  ]);
  return page(
    'Metrics and spans',
    'What `instrumentPolicy` of `axios-policy/opentelemetry` makes. How to use it: [observability](../observability.md#opentelemetry).',
    `## Metrics\n\n${table(['name', 'kind', 'unit', 'meaning', 'attributes'], rows)}`,
    `## Spans\n\nEvery attempt is a span of the kind CLIENT. Its attributes: ${spans.map((key) => `\`${key}\``).join(', ')}.`,
    functionSection(source, 'instrumentPolicy'),
    sectionOf(source, source.declarationOf('InstrumentationOptions')),
  );
}

/**
 * @param {string} root folder of the repository.
 * @returns {Record<string, string>} Markdown by file name.
 */
export function pages(root) {
  const source = new Source(root, [
    'lib/index.ts',
    'lib/opentelemetry/index.ts',
    'lib/nestjs/index.ts',
    'lib/explain/index.ts',
  ]);
  const events = new Set(['RetryConfig', 'Duration'].map((name) => source.declarationOf(name)));
  return {
    'options.md': optionsPage(source),
    'request.md': page(
      'Request and metadata',
      'What one request may say with `axios.get(url, { policy })`, and what is known of it afterwards.',
      sectionOf(source, source.declarationOf('RequestPolicy')),
      functionSection(source, 'getPolicyMetadata'),
      functionSection(source, 'describeFailure'),
      ...['RequestMetadata', 'AttemptOutcome', 'RequestTimings'].map((name) =>
        sectionOf(source, source.declarationOf(name)),
      ),
    ),
    'policy.md': page(
      'Policy and stats',
      'What `attachPolicy` returns.',
      functionSection(source, 'attachPolicy'),
      sectionsOf(
        source,
        ['Policy', 'PolicyStats'],
        new Set(
          [
            'PolicyConfig',
            'RetryConfig',
            'GiveUpReason',
            'TlsConfig',
            'AxiosLike',
            'OutcomeKind',
            'PolicyView',
          ].map((name) => source.declarationOf(name)),
        ),
      ),
      sectionOf(source, source.declarationOf('PolicyView')),
    ),
    'events.md': page(
      'Events',
      'What the hooks `shouldRetry`, `onRetry` and `onGiveUp` are given. How to use them: [retries](../retries.md#your-own-decision).',
      sectionsOf(source, ['Outcome', 'RetryEvent', 'GiveUpEvent', 'OutcomeKind', 'GiveUpReason'], events),
    ),
    'errors.md': errorsPage(source),
    'channels.md': channelsPage(source),
    'metrics.md': metricsPage(source),
  };
}
