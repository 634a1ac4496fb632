import http from 'node:http';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import type { AxiosInstance, AxiosRequestConfig, AxiosStatic } from 'axios';
import { attachPolicy } from '../../lib/index.js';
import { keepUndefined, pictureOf, pictureOfOutcome, pictureOfRequest } from '../helpers/picture.js';
import { mayLoseRace } from './answers.js';
import { choose, defaultsOf } from './options.js';
import { TwoOrigins } from './server.js';
import type { AnswerSpec, Case } from './world.js';

/** How a case goes. */
export type Way = 'bare' | 'first' | 'later';

const OK: AnswerSpec = {
  status: 200,
  headers: [],
  body: 'text',
  encoding: 'none',
  framing: 'length',
  ending: 'whole',
};

/** What a retry would need is kept, and none is made. */
const READY = { maxRetries: 1, shouldRetry: () => false };

/** Runs cases one after the other. */
export class Lane {
  readonly #axios: AxiosStatic;
  readonly #server = new TwoOrigins();

  private constructor(axios: AxiosStatic) {
    this.#axios = axios;
  }

  static async open(axios: AxiosStatic): Promise<Lane> {
    const lane = new Lane(axios);
    await lane.#server.start();
    return lane;
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  /** What a case looks like to who made the request, and to the server. */
  async run(way: Way, one: Case): Promise<unknown> {
    const agent = way === 'bare' ? new http.Agent({ keepAlive: true }) : undefined;
    const defaults = defaultsOf(one.options);
    const instance = this.#axios.create(agent === undefined ? defaults : { ...defaults, httpAgent: agent });
    const policy =
      agent === undefined
        ? attachPolicy(instance, { client: { allowHttp: true }, retry: way === 'later' && READY })
        : undefined;
    try {
      if (way !== 'first') await this.#warm(instance, one);
      const outcome = await this.#request(instance, one);
      const picture = { outcome, received: pictureOf(this.#server.received) };
      this.#server.begin([]);
      const closed = await Promise.race([policy?.close({ abort: true }), hanging()]);
      return JSON.parse(JSON.stringify({ ...picture, closed }, keepUndefined));
    } finally {
      agent?.destroy();
    }
  }

  async #warm(instance: AxiosInstance, { answers }: Case): Promise<void> {
    const loses = answers.some(mayLoseRace);
    this.#server.begin([loses ? { ...OK, headers: ['close'] } : OK]);
    await instance.get(this.#server.url, { timeout: 10_000 });
    // The end of a connection takes a turn, and its way through the loopback.
    if (loses) for (let turns = 0; turns < 3; turns += 1) await turn();
  }

  async #request(instance: AxiosInstance, { options, answers }: Case): Promise<unknown> {
    const server = this.#server;
    server.received = [];
    server.answers = answers;
    const { url, otherUrl } = server;
    const onArrival = (callback: () => void) => {
      server.onArrival = callback;
    };
    const config: AxiosRequestConfig & Record<string, unknown> = { url };
    for (const [option, value] of options)
      choose(config, option, value, { axios: this.#axios, url, otherUrl, onArrival });
    return Promise.race([
      pictureOfOutcome(this.#axios, () => instance.request(config), pictureOfRequest),
      hanging(),
    ]);
  }
}

/** Longer than any case takes on a busy machine. */
const PATIENCE_MS = 10_000;

/** For a request that does not end. */
const hanging = (): Promise<unknown> => delay(PATIENCE_MS, { hangs: true }, { ref: false });
