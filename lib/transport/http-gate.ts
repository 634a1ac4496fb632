import type { Agent, ClientRequest } from 'node:http';
import type { AllowHttp } from '../config/client-parsers.js';
import { allowsHttp } from '../config/client-parsers.js';
import { HttpNotAllowedError } from '../errors.js';
import { addRequest, delegatingAgent, RefusingAgent } from './delegating-agent.js';
import type { RequestEndpoint } from './target.js';

/**
 * What Node and follow-redirects take for the host of a request through a unix socket, of which axios tells them none.
 * Its URL was looked at before.
 */
const UNNAMED: ReadonlySet<string> = new Set(['', 'localhost', '::1']);

/**
 * Lets plain HTTP through to the hosts that `allowHttp` allows, and refuses it to all others. At the agent, and not by
 * the URL alone, because a redirect chooses another host.
 */
export class HttpGate {
  readonly #allowed: AllowHttp;
  #refusingAgent: Agent | undefined;
  readonly #gates = new WeakMap<Agent, Agent>();

  constructor(allowed: AllowHttp) {
    this.#allowed = allowed;
  }

  /** The agent to use in place of `agent`; the same one for the same agent. */
  before(agent: Agent): Agent {
    return this.#allowed === false ? this.#refusing : this.#gateOf(agent);
  }

  /** Made when it is needed: next to nobody asks for plain HTTP without allowing it. */
  get #refusing(): Agent {
    const isListed = typeof this.#allowed === 'object';
    this.#refusingAgent ??= new RefusingAgent((target) => new HttpNotAllowedError(target, isListed));
    return this.#refusingAgent;
  }

  #gateOf(agent: Agent): Agent {
    const known = this.#gates.get(agent);
    if (known !== undefined) return known;
    const gate = delegatingAgent(agent, (request: ClientRequest, options: RequestEndpoint) => {
      addRequest(this.#allows(request, options) ? agent : this.#refusing, request, options);
    });
    this.#gates.set(agent, gate);
    return gate;
  }

  #allows({ path }: ClientRequest, { host, port, socketPath }: RequestEndpoint): boolean {
    // In absolute form: axios itself addresses the proxy, and the path tells the host that is meant.
    if (/^https?:\/\//i.test(path)) {
      const { hostname, port: ownPort } = new URL(path);
      return allowsHttp(this.#allowed, hostname, ownPort);
    }
    if (socketPath && UNNAMED.has(host ?? '')) return true;
    return allowsHttp(this.#allowed, host ?? 'localhost', port ?? 80);
  }
}
