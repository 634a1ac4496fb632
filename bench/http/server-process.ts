import { join } from 'node:path';
import { CERTIFICATES, Child } from './child.js';
import type { Scenario, Target, Wire } from './scenarios.js';

/** How many connections a client has opened, over each wire. */
export type Connections = Record<Wire, number>;

/** What the server process says. */
export interface ServerReply {
  /** Only in its first message. */
  readonly ports?: Readonly<Record<Exclude<Wire, 'none'>, number>>;
  readonly opened: Connections;
}

const PATIENCE_MS = 10_000;

/** The server, in a process of its own. */
export class ServerProcess {
  readonly #child: Child<object, ServerReply>;
  readonly #ports: NonNullable<ServerReply['ports']>;

  private constructor(child: Child<object, ServerReply>, ports: NonNullable<ServerReply['ports']>) {
    this.#child = child;
    this.#ports = ports;
  }

  /** Starts it. */
  static async start(): Promise<ServerProcess> {
    const { server, serverKey } = CERTIFICATES;
    const child = new Child<object, ServerReply>(join(__dirname, 'server.js'), [server, serverKey]);
    const { ports } = await child.next(PATIENCE_MS);
    if (ports === undefined) throw new Error('the server does not say where it listens');
    return new ServerProcess(child, ports);
  }

  /** Where a scenario's requests go. */
  target({ wire, method, expects, path }: Pick<Scenario, 'wire' | 'method' | 'expects' | 'path'>): Target {
    const { http, https, http2, proxy } = this.#ports;
    const origins = {
      none: 'http://127.0.0.1:9',
      http: `http://127.0.0.1:${http}`,
      https: `https://127.0.0.1:${https}`,
      proxy: `https://127.0.0.1:${https}`,
      http2: `https://127.0.0.1:${http2}`,
    };
    return { wire, method, expects, url: origins[wire] + path, proxyUrl: `http://127.0.0.1:${proxy}` };
  }

  /** Connections opened so far over a wire. */
  async opened(wire: Wire): Promise<number> {
    const { opened } = await this.#child.ask({}, PATIENCE_MS);
    return opened[wire];
  }

  stop(): void {
    this.#child.kill();
  }
}
