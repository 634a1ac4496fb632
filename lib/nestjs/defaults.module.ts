import { ConfigurableModuleBuilder, Module } from '@nestjs/common';
import { resolvePolicy } from '../config/resolve.js';
import type { PolicyConfig } from '../index.js';
import {
  assertOptions,
  configError,
  type HttpPolicyDefaults,
  policyConfigOf,
  underHeading,
} from './options.js';
import { HTTP_POLICY_DEFAULTS } from './tokens.js';

const HEADING = 'HttpPolicyModule.forRoot';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<HttpPolicyDefaults>({
  moduleName: 'HttpPolicyDefaults',
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createHttpPolicyOptions')
  .setExtras({}, (definition) => ({ ...definition, global: true }))
  .build();

/** The defaults of all clients, checked by themselves, so that a wrong one is not blamed on a client. */
@Module({
  providers: [{ provide: HTTP_POLICY_DEFAULTS, useFactory: checked, inject: [MODULE_OPTIONS_TOKEN] }],
  exports: [HTTP_POLICY_DEFAULTS],
})
export class HttpPolicyDefaultsModule extends ConfigurableModuleClass {}

function checked(defaults: HttpPolicyDefaults): HttpPolicyDefaults {
  assertOptions(defaults, HEADING);
  const config = policyConfigOf(defaults);
  if (config.name !== undefined) {
    throw configError('name', 'no name, for each client has its own', 'a name', HEADING);
  }
  underHeading(HEADING, () => resolvePolicy(config));
  return defaults;
}

/** Objects within `client` and `retry` that have keys of their own. Others, such as `{ seconds: 5 }`, are one value. */
const SECTIONS: ReadonlySet<string> = new Set(['tls', 'defaultheaders', 'dns', 'eject', 'backoff', 'budget']);

/**
 * The configuration of a client over the defaults of all: key by key, also within `tls`, `backoff` and the like. A key
 * that the client leaves out, or that is `undefined`, is the defaults'. Arrays, functions and `retry: false` are taken
 * whole. Changes neither.
 */
export function mergeConfigs(defaults: PolicyConfig, own: PolicyConfig): PolicyConfig {
  const { client, client_options, retry, retry_config, ...rest } = own;
  return {
    ...defaults,
    ...rest,
    ...half('client', 'client_options', defaults, { client, client_options }),
    ...half('retry', 'retry_config', defaults, { retry, retry_config }),
  };
}

type Halves = 'client' | 'client_options' | 'retry' | 'retry_config';

/** Where the client has both names of one half, both stay: that is an error to report. */
function half(key: Halves, alias: Halves, defaults: PolicyConfig, own: PolicyConfig): PolicyConfig {
  const base = defaults[key] ?? defaults[alias];
  if (own[alias] === undefined) return { [key]: mergeSection(base, own[key]), [alias]: undefined };
  return { [key]: own[key], [alias]: mergeSection(base, own[alias]) };
}

function mergeSection(base: unknown, own: unknown): unknown {
  if (own === undefined) return base;
  if (!isSection(base) || !isSection(own)) return own;
  const merged = new Map(entriesOf(base));
  const spellings = new Map([...merged.keys()].map((key) => [spelt(key), key]));
  for (const [key, value] of entriesOf(own)) {
    const inBase = spellings.get(spelt(key));
    const below = inBase === undefined ? undefined : base[inBase];
    // In the spelling of the client, so that an error shows what stands there.
    if (inBase !== undefined) merged.delete(inBase);
    merged.set(key, SECTIONS.has(spelt(key)) ? mergeSection(below, value) : value);
  }
  return Object.fromEntries(merged);
}

/** `connectTimeout` and `connect_timeout` are one key. */
function spelt(key: string): string {
  return key.replaceAll('_', '').toLowerCase();
}

/** An object with keys of its own; not a `RetryBudget`, which is one value. */
function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !('withdraw' in value);
}

/** What is set, also by the getters of a configuration class. */
function entriesOf(section: Readonly<Record<string, unknown>>): [key: string, value: unknown][] {
  const keys = new Set(Object.keys(section));
  let level: object | null = Object.getPrototypeOf(section);
  while (level !== null && Object.getPrototypeOf(level) !== null) {
    for (const [key, { get }] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
      if (get !== undefined) keys.add(key);
    }
    level = Object.getPrototypeOf(level);
  }
  return [...keys]
    .map((key): [string, unknown] => [key, section[key]])
    .filter(([, value]) => value !== undefined);
}
