import { exponential, seeded } from '../../explain/statistics.js';
import { Clock } from './clock.js';
import type { Call, Client, Failure, Policy, World } from './policies.js';
import { CALM_MS, ROUND_TRIP_MS, type Scenario } from './scenario.js';
import { type Answer, Server } from './server.js';

/** What happened to every request of a run. */
export class Journal {
  /** When each request began. */
  readonly begunMs: number[] = [];
  /** When each request succeeded; `Infinity` if it has not. */
  readonly succeededMs: number[] = [];
  /** When each attempt was sent. */
  readonly attemptsMs: number[] = [];
  #endMs = 0;

  /** When the run ended. */
  get endMs(): number {
    return this.#endMs;
  }

  /** A request begins. Returns its number. */
  begin(nowMs: number): number {
    this.succeededMs.push(Number.POSITIVE_INFINITY);
    return this.begunMs.push(nowMs) - 1;
  }

  attempt(nowMs: number): void {
    this.attemptsMs.push(nowMs);
  }

  succeeded(request: number, nowMs: number): void {
    this.succeededMs[request] = nowMs;
  }

  close(nowMs: number): void {
    this.#endMs = nowMs;
  }
}

/** One run. */
export interface Setting {
  readonly scenario: Scenario;
  readonly policy: Policy;
  /** Processes, each with a memory of its own; together they make the same load whatever their number. */
  readonly clients: number;
  readonly seed: number;
  /** How long the run goes on when the trouble is over. */
  readonly aftermathMs: number;
}

/** Runs a fleet through calm, trouble and aftermath, and returns what happened to its requests. */
export function simulate(setting: Setting): Journal {
  const { scenario, aftermathMs } = setting;
  const clock = new Clock();
  // Streams of their own, so that every policy meets the same requests and the same faults.
  const random = (stream: number) => seeded(setting.seed, stream);
  const server = new Server(scenario.server, clock, { service: random(1), faults: random(2) });
  const fleet = new Fleet(setting, server, clock, {
    nowMs: clock.nowMs,
    random: random(3),
  });
  const [arrivals, senders] = [random(4), random(5)];
  const arrive = (): void => {
    fleet.request(Math.floor(senders() * setting.clients));
    clock.after(exponential(arrivals, 1000 / scenario.offeredRps), arrive);
  };
  arrive();
  clock.after(CALM_MS, () => server.suffer(scenario.trouble));
  clock.after(CALM_MS + scenario.troubleMs, () => server.suffer({}));
  clock.runUntil(CALM_MS + scenario.troubleMs + aftermathMs);
  fleet.journal.close(clock.nowMs());
  return fleet.journal;
}

class Fleet {
  readonly journal = new Journal();
  readonly #policy: Policy;
  readonly #timeoutMs: number;
  readonly #clients: (Client | undefined)[];
  readonly #server: Server;
  readonly #clock: Clock;
  readonly #world: World;

  constructor({ policy, clients, scenario }: Setting, server: Server, clock: Clock, world: World) {
    this.#policy = policy;
    this.#timeoutMs = scenario.attemptTimeoutMs;
    this.#clients = new Array(clients);
    this.#server = server;
    this.#clock = clock;
    this.#world = world;
  }

  /** One of the clients has something to ask. */
  request(client: number): void {
    const call = this.#client(client).call(this.#timeoutMs);
    this.#attempt(call, this.journal.begin(this.#clock.nowMs()));
  }

  #client(index: number): Client {
    const known = this.#clients[index];
    if (known !== undefined) return known;
    const client = this.#policy.client(this.#world);
    this.#clients[index] = client;
    return client;
  }

  #attempt(call: Call, request: number): void {
    const sentMs = this.#clock.nowMs();
    this.journal.attempt(sentMs);
    let isOver = false;
    const end = (answer: Answer | { readonly kind: 'timeout' }): void => {
      if (isOver) return;
      isOver = true;
      if (answer.kind === 'ok') this.#succeed(call, request);
      else this.#fail(call, request, { ...answer, durationMs: this.#clock.nowMs() - sentMs });
    };
    const answered = (answer: Answer): void => this.#clock.after(ROUND_TRIP_MS / 2, () => end(answer));
    this.#clock.after(ROUND_TRIP_MS / 2, () => this.#server.receive(answered));
    this.#clock.after(call.timeoutMs, () => end({ kind: 'timeout' }));
  }

  #succeed(call: Call, request: number): void {
    call.succeeded?.();
    this.journal.succeeded(request, this.#clock.nowMs());
  }

  #fail(call: Call, request: number, failure: Failure): void {
    const delayMs = call.failed(failure);
    if (delayMs !== undefined) this.#clock.after(delayMs, () => this.#wake(call, request));
  }

  #wake(call: Call, request: number): void {
    const moreMs = call.woken === undefined ? 0 : call.woken();
    if (moreMs === undefined) return;
    if (moreMs > 0) this.#clock.after(moreMs, () => this.#wake(call, request));
    else this.#attempt(call, request);
  }
}
