import type { Readable } from 'node:stream';
import type { Unsupported } from '../config/option.js';
import type {
  PolicyView,
  ResolvedClient,
  ResolvedPolicy,
  ResolvedRequestPolicy,
} from '../config/resolved.js';
import type { GiveUpReason, RetryEvent } from '../config/types.js';
import type { Download, DownloadOwner } from '../resume/download.js';
import type { Observation } from '../retry/classify.js';
import type { CallRecord } from '../retry/record.js';
import type { Owner } from '../transport/channels.js';
import type { Attempt } from '../transport/exchange.js';
import type { AddressBook } from '../transport/peer.js';
import type { AttemptConnections, GivenConnections } from '../transport/transport.js';
import type { Activity, ConnectionStats } from './activity.js';
import type { AxiosErrors, AxiosInstance, AxiosResponse, RequestConfig } from './axios.js';
import type { DirectClient } from './direct/client.js';
import type { AttemptResult } from './pending-retry.js';
import type { UnsupportedOptions } from './warnings.js';

/**
 * A policy's needs of the machine it runs on. Node has connections to shape, and a browser has none; everything else in
 * this folder is the same on both.
 */

/** Connections of one policy, as far as it has a say in them. */
export interface Connections {
  /** To be waited for before a request; `undefined` when there is nothing to wait for. */
  readonly loading: Promise<void> | undefined;
  /** The fields of one attempt's config by which it gets a connection of the policy's. */
  connectionsFor(attempt: Attempt, given: GivenConnections): Partial<AttemptConnections>;
  stats(): ConnectionStats;
  /** Addresses of names, and how they do; `undefined` where somebody else connects. */
  readonly addresses: AddressBook | undefined;
  /** Closes idle connections now and the others when they become idle, or with `abort` now as well. */
  close(abort?: boolean): Promise<void>;
  /** Makes simple requests without axios' adapter. */
  readonly direct: DirectClient | undefined;
}

/** The end of an attempt: a response that axios accepts, or an error. */
export type AttemptEnd = { readonly response: AxiosResponse } | { readonly error: unknown };

/** The part of a request that events and messages tell of. */
export interface ObservedCall {
  readonly context: Pick<PolicyContext, 'name' | 'isNamed'>;
  readonly settings: ResolvedRequestPolicy;
  readonly record: CallRecord;
  readonly observation: Observation;
  /** How often it was sent so far. */
  readonly sends: number;
}

/** The channels of `node:diagnostics_channel`. */
export interface Channels {
  readonly attempts: { readonly hasSubscribers: boolean };
  readonly retries: { readonly hasSubscribers: boolean };
  /** Tells that an attempt begins. @returns tells how it ended; to be called once. */
  publishAttempt(call: ObservedCall, config: RequestConfig): (end: AttemptEnd) => void;
  /** Tells of a retry to come. */
  publishRetry(
    call: ObservedCall,
    result: AttemptResult,
    retry: Pick<RetryEvent, 'delayMs' | 'reason'>,
  ): void;
  /** Tells that there will be no retry of a failure that would have been retried. */
  publishGiveUp(call: ObservedCall, result: AttemptResult, reason: GiveUpReason): void;
}

/** The machine. */
export interface Platform {
  readonly channels: Channels;
  /**
   * Reads a configuration. Options that the platform cannot have are refused.
   * @param byAdapter options that the instance's own adapter does not support.
   * @throws PolicyConfigError with every problem at once.
   */
  resolvePolicy(config: unknown, byAdapter?: Unsupported): ResolvedPolicy;
  /** Reads the settings of a request, over the policy of the instance. @throws PolicyConfigError likewise. */
  resolveRequestPolicy(input: unknown, base: ResolvedPolicy): ResolvedRequestPolicy;
  /** `policy.config`. */
  describePolicy(policy: ResolvedPolicy): PolicyView;
  /** Tells if the connections of one configuration may serve the other. */
  makeSameConnections(before: ResolvedClient, after: ResolvedClient): boolean;
  /**
   * Makes the connections of one policy.
   * @param owner says whose they are in messages; its name may change.
   * @throws PolicyConfigError on TLS material that is none.
   */
  connect(policy: ResolvedPolicy, instance: AxiosInstance, bare: AxiosInstance, owner: Owner): Connections;
  /** The one of axios' named adapters that a request goes through; `undefined` for a function, the caller's own. */
  adapterName(adapter: RequestConfig['adapter']): RequestConfig['adapter'];
  /** The body of a GET that a second response may complete; `undefined` where there is no such thing. */
  downloadOf(config: RequestConfig, owner: () => DownloadOwner): Download | undefined;
  /** Calls back when nothing more will come of a body. */
  whenEnded(body: Readable, callback: () => void): void;
  /** Calls back when the microtasks of by then are done, and the input that was there was read. */
  afterPendingIo(callback: () => void): void;
}

/** What the requests of one policy have in common, as long as it keeps one configuration. */
export interface PolicyContext {
  /** By which it is told from others: as it was given, else the host of `baseURL`. */
  readonly name: string | undefined;
  /** Whether it was given. */
  readonly isNamed: boolean;
  /** Dispatches a complete config through axios' own adapters, without interceptors. */
  readonly bare: AxiosInstance;
  readonly errors: AxiosErrors;
  readonly client: ResolvedClient;
  readonly platform: Platform;
  readonly connections: Connections;
  readonly activity: Activity;
  readonly unsupported: UnsupportedOptions;
}
