import { Agent } from 'node:https';
import { inspect } from 'node:util';
import axios, { type AxiosInstance, type AxiosResponse } from 'axios';
import { ca } from '../../__tests__/helpers/certs.js';
import { Relay } from '../../__tests__/helpers/faults.js';
import { Origin } from '../../__tests__/helpers/origin.js';
import {
  attachPolicy,
  type ClientConfig,
  describeFailure,
  getPolicyMetadata,
  type RequestMetadata,
  type RetryConfig,
} from '../../lib/index.js';
import { bareOutcome, endingOf, settle, wasCancelled } from './ending.js';
import type { Screen } from './screen.js';
import { outcomeText, statusText, Timeline } from './timeline.js';

const PATIENCE_SECONDS = 2;

/** How a request ends, without the policy, that would wait for longer than a demo can. */
export const STILL_WAITING = `still waiting after ${PATIENCE_SECONDS} s, cancelled`;

/** What a scene configures of the policy; the rest has its default. */
export interface SceneConfig {
  readonly client?: ClientConfig;
  readonly retry?: RetryConfig;
}

/** The two ways everything is done here. */
export type Side = 'without policy' | 'with policy';

/** Makes a request with the instance it is given. */
export type Send = (http: AxiosInstance) => Promise<AxiosResponse>;

/** What a scene plays with: servers, clients, and the comparison of how things end with how they should. */
export class Stage {
  readonly #screen: Screen;
  readonly #closers: Array<() => unknown> = [];
  readonly #failures: string[] = [];
  readonly #endings = new Map<Side, string>();
  #checks = 0;
  #skipped: string | undefined;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  /** What was expected and did not come. */
  get failures(): readonly string[] {
    return this.#failures;
  }

  /** How the first thing done in either way ended. */
  get endings(): ReadonlyMap<Side, string> {
    return this.#endings;
  }

  /** How many expectations there were. */
  get checks(): number {
    return this.#checks;
  }

  /** Why the scene cannot be played on this system. */
  get skipped(): string | undefined {
    return this.#skipped;
  }

  /** An https server that fails as it is told, and is well otherwise. */
  async origin(): Promise<Origin> {
    const origin = await new Origin({ tls: true, host: '127.0.0.1' }).start();
    this.defer(() => origin.close());
    return origin;
  }

  /** A way to a port that may lead nowhere, or fall silent. */
  async relay(port: number): Promise<Relay> {
    const relay = new Relay(() => port);
    await relay.start();
    this.defer(() => relay.close());
    return relay;
  }

  /** An instance as everybody makes one whose servers have a certificate authority of their own. */
  bareClient(): AxiosInstance {
    return axios.create({ httpsAgent: new Agent({ ca }) });
  }

  /** The same instance with a policy on it, which takes over the certificate authority. */
  policyClient(config: SceneConfig = {}): AxiosInstance {
    const http = this.bareClient();
    const policy = attachPolicy(http, config);
    this.defer(() => policy.close({ abort: true }));
    return http;
  }

  /**
   * Makes a request without the policy.
   *
   * @param code what `send` does, for the reader.
   * @param expected how it ends.
   */
  async bare(code: string, expected: string, send: Send): Promise<void> {
    this.#heading('without policy', code);
    const timeline = new Timeline(this.#screen);
    const http = this.bareClient();
    http.defaults.signal = AbortSignal.timeout(PATIENCE_SECONDS * 1000);
    const startedMs = performance.now();
    const settled = await settle(send(http));
    timeline.attempt(1, bareOutcome(settled), performance.now() - startedMs);
    this.#end('without policy', code, expected, wasCancelled(settled) ? STILL_WAITING : endingOf(settled));
  }

  /**
   * Makes a request with the policy. What is shown is what the policy tells: its `onRetry` events and its metadata.
   *
   * @param code what `send` does, for the reader.
   * @param expected how it ends.
   * @returns the history of the request.
   */
  async policy(code: string, expected: string, config: SceneConfig, send: Send): Promise<RequestMetadata> {
    this.#heading('with policy', code, config);
    const timeline = new Timeline(this.#screen);
    const onRetry: RetryConfig['onRetry'] = (event) => timeline.retry(event);
    const http = this.policyClient({ ...config, retry: { ...config.retry, onRetry } });
    const settled = await settle(send(http));
    const { response, error } = settled;
    const metadata = getPolicyMetadata(response ?? error);
    if (metadata === undefined) throw error ?? new Error('the response has no metadata');

    const { attempts, elapsedMs, outcomes } = metadata;
    const failure = outcomes.at(-1);
    if (response) timeline.attempt(attempts, statusText(response.status), elapsedMs);
    else if (failure) timeline.attempt(attempts, outcomeText(failure), elapsedMs);
    if (!response) timeline.note(describeFailure(error));
    this.#end('with policy', code, expected, endingOf(settled, metadata));
    return metadata;
  }

  /** Shows what was counted or measured of several requests, and compares it. */
  report(side: Side, code: string, expected: string, got: string): void {
    this.#heading(side, code);
    this.#end(side, code, expected, got);
  }

  /** Compares; speaks up only if it is not as expected. */
  check<T extends string | number | boolean>(what: string, expected: T, got: T): void {
    this.#checks += 1;
    if (got !== expected) this.fail(`${what}: expected ${inspect(expected)}, got ${inspect(got)}`);
  }

  /** Makes the scene fail. */
  fail(reason: string): void {
    this.#failures.push(reason);
  }

  /** Leaves the scene out, on a system that cannot play it. */
  skip(reason: string): void {
    this.#skipped = reason;
  }

  /** Has something closed after the scene, however it ends; the last one first. */
  defer(close: () => unknown): void {
    this.#closers.push(close);
  }

  /** Closes what the scene has opened. */
  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }

  #heading(side: Side, code: string, config: SceneConfig = {}): void {
    const options = Object.keys(config).length === 0 ? '' : inspect(config, { breakLength: Infinity });
    const shown = options && `  ${this.#screen.dim(options)}`;
    this.#screen.line(`   ${`${side}:`.padEnd(16)}${code}${shown}`);
  }

  #end(side: Side, code: string, expected: string, got: string): void {
    this.#screen.line(`     => ${got}`);
    if (!this.#endings.has(side)) this.#endings.set(side, got);
    this.check(`${side}, ${code}`, expected, got);
  }
}
