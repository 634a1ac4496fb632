import type { PolicyView, ResolvedPolicy, ResolvedRequestPolicy } from '../config/resolved.js';
import { Activity } from './activity.js';
import type { AxiosInstance } from './axios.js';
import { AxiosErrors } from './axios.js';
import type { Connections, Platform, PolicyContext } from './platform.js';
import { UnsupportedOptions } from './warnings.js';

/** The parts of a policy that depend on the instance and the machine. */
export interface Surroundings {
  readonly axios: AxiosInstance;
  /** A sibling of the instance without interceptors and defaults. */
  readonly bare: AxiosInstance;
  readonly platform: Platform;
}

/**
 * One configuration of a policy, and what goes with it. `update` puts another one in force; a request ends under the one
 * that it was made under.
 */
export class Generation {
  readonly policy: ResolvedPolicy;
  readonly context: PolicyContext;
  /** Settings of a request that has none of its own. */
  readonly defaultSettings: ResolvedRequestPolicy;
  #view: PolicyView | undefined;
  /** Of the connections, for messages; who keeps them after an update gives them the name of then. */
  readonly #owner: { name: string | undefined };

  /**
   * @param before whose counts go on, and whose connections, if they are such as these settings make.
   * @throws PolicyConfigError on TLS material that is none.
   */
  constructor({ axios, bare, platform }: Surroundings, policy: ResolvedPolicy, before?: Generation) {
    this.policy = policy;
    const isSame =
      before !== undefined &&
      platform.makeSameConnections(before.policy.client, policy.client) &&
      goesElsewhere(before.policy) === goesElsewhere(policy);
    const name = policy.name ?? hostOf(axios.defaults.baseURL);
    this.#owner = isSame ? before.#owner : { name };
    this.#owner.name = name;
    this.context = {
      name,
      isNamed: policy.name !== undefined,
      bare,
      errors: before?.context.errors ?? new AxiosErrors(bare),
      client: policy.client,
      platform,
      connections: isSame ? before.context.connections : platform.connect(policy, axios, bare, this.#owner),
      activity: new Activity(platform.afterPendingIo, before?.context.activity),
      unsupported: new UnsupportedOptions(policy.client, name, before?.context.unsupported),
    };
    this.defaultSettings = this.settingsOf(undefined);
  }

  /** Made when somebody asks for it. */
  get view(): PolicyView {
    this.#view ??= this.context.platform.describePolicy(this.policy);
    return this.#view;
  }

  get connections(): Connections {
    return this.context.connections;
  }

  /** The settings of a request that says something about its policy. @throws PolicyConfigError */
  settingsOf(input: unknown): ResolvedRequestPolicy {
    return this.context.platform.resolveRequestPolicy(input, this.policy);
  }

  /** Resolves when the last request is done that was made under it. */
  whenIdle(): Promise<void> {
    return this.context.activity.whenIdle();
  }
}

/** A connection may be given up for being worse than others; also by a policy that retries nothing. */
export function goesElsewhere({ retry }: Pick<ResolvedPolicy, 'retry'>): boolean {
  return retry === false || retry.elsewhere;
}

function hostOf(baseURL: string | undefined): string | undefined {
  // Also a URL object, which axios takes as well.
  const url = baseURL ? String(baseURL) : '';
  return URL.canParse(url) ? new URL(url).host || undefined : undefined;
}
