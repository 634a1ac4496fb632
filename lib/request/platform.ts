import type { Readable } from 'node:stream';
import type { ResolvedClient, ResolvedPolicy, ResolvedRequestPolicy } from '../config/resolved.js';
import type { Unsupported } from '../config/unsupported-options.js';
import type { Download } from '../resume/download.js';
import type { ResumeParts } from '../resume/streamed-download.js';
import type { Attempt } from '../transport/exchange.js';
import type { AttemptConnections, GivenConnections, Transport } from '../transport/transport.js';
import type { PolicyStats } from './activity.js';
import type { AxiosInstance, RequestConfig } from './axios.js';
import type { Call } from './call.js';
import type { publishAttempt, publishGiveUp, publishRetry } from './channels.js';
import type { AdapterHeaders } from './direct/adapter-headers.js';
import type { requestDirectly } from './direct/exchange.js';
import type { requestOverHttp2 } from './direct/http2-exchange.js';

/**
 * What a policy needs of the machine it runs on. Node has connections to shape, and a browser has none; everything else
 * in this folder is the same on both.
 */

/** Connections of one policy, as far as it has a say in them. */
export interface Wire {
  /** To be waited for before a request; `undefined` when there is nothing to wait for. */
  readonly loading: Promise<void> | undefined;
  /** What goes on the config of one attempt, so that it gets a connection of the policy's. */
  connectionsFor(attempt: Attempt, given: GivenConnections): Partial<AttemptConnections>;
  stats(): Pick<PolicyStats, 'pools' | 'http2'>;
  /** Closes idle connections now and the others when they become idle, or with `abort` now as well. */
  close(abort?: boolean): Promise<void>;
  /** Makes requests of the common kind without axios' adapter. */
  readonly direct: DirectClient | undefined;
}

/** What requests of the common kind are made with. */
export interface DirectClient {
  readonly transport: Pick<Transport, 'agentFor' | 'http2For' | 'replay'>;
  readonly adapterHeaders: AdapterHeaders;
  readonly request: typeof requestDirectly;
  readonly requestHttp2: typeof requestOverHttp2;
}

/** Tells who listens what requests do. */
export interface Channels {
  readonly publishAttempt: typeof publishAttempt;
  readonly publishRetry: typeof publishRetry;
  readonly publishGiveUp: typeof publishGiveUp;
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
  /** The same for what a request says, over the policy of the instance. */
  resolveRequestPolicy(input: unknown, base: ResolvedPolicy): ResolvedRequestPolicy;
  /** Makes the connections of one policy. @throws PolicyConfigError on TLS material that is none. */
  wire(client: ResolvedClient, instance: AxiosInstance, bare: AxiosInstance): Wire;
  /** Which of axios' named adapters a request goes through; `undefined` for a function, the caller's own adapter. */
  adapterName(adapter: RequestConfig['adapter']): RequestConfig['adapter'];
  /** The download a request is, if a second response may complete it. */
  downloadOf(call: Call, config: RequestConfig, parts: ResumeParts): Download | undefined;
  /** Calls back when nothing more will come of a body. */
  whenEnded(body: Readable, callback: () => void): void;
  /** Calls back when the microtasks of by then are done, and what input there is was read. */
  soon(callback: () => void): void;
}
