import type { Agent, ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { HttpAgent } from 'agentkeepalive';
import type { ConnectionOptions } from './connect.js';
import { targetOf } from './connect.js';
import { afterPendingIo } from './event-loop.js';
import type { OnConnection } from './node-internals.js';
import { endUnsent, internalsOf, NO_SOCKET } from './node-internals.js';
import { deferQueue, noteIfQueued } from './observe.js';
import { leaveToCaller } from './socket-registry.js';

/** How an agent takes a request; `Options` is what it reads of the options of that. */
type AddRequest<Options = object> = (this: Agent, request: ClientRequest, options: Options) => void;

/** An agent that is `agent` in every respect, but takes requests in its own way. */
export function delegatingAgent<Options extends object>(
  agent: Agent,
  takeRequest: AddRequest<Options>,
): Agent {
  const { createConnection } = internalsOf(agent);
  const front = Object.assign(Object.create(agent) as Agent, { addRequest: takeRequest });
  if (createConnection === undefined) return front;
  // Node asks the agent itself; the front is asked by who was given it, as nock and msw are.
  const connectForOthers = (...args: unknown[]) => {
    const socket = createConnection.apply(agent, args);
    if (socket != null) leaveToCaller(socket);
    return socket;
  };
  return Object.assign(front, { createConnection: connectForOthers });
}

/** Gives a request to an agent. */
export function addRequest(agent: Agent, request: ClientRequest, options: object): void {
  internalsOf(agent).addRequest(request, options);
  noteIfQueued(agent, request);
}

/** Has an agent do something as if it had no idle connections, so that it makes a new one. */
export function withoutIdle(agent: Pick<Agent, 'freeSockets'>, action: () => void): void {
  const idle = agent.freeSockets;
  Object.assign(agent, { freeSockets: Object.create(null) });
  try {
    action();
  } finally {
    Object.assign(agent, { freeSockets: idle });
  }
}

/** Gives a request to its agent when a close that is on its way to an idle connection has arrived. */
export function onceQuiet(agent: Pick<Agent, 'requests'>, request: ClientRequest, add: () => void): void {
  const queue = deferQueue(request);
  afterPendingIo(() => {
    if (request.destroyed) endUnsent(request);
    else add();
    noteIfQueued(agent, request);
    queue.follow();
  });
}

/** Refuses every request, with an error in place of a connection. */
export class RefusingAgent extends HttpAgent {
  readonly #reason: (target: string) => Error;

  constructor(reason: (target: string) => Error) {
    super({ keepAlive: false, timeout: 0, freeSocketTimeout: 0 });
    this.#reason = reason;
  }

  override createConnection(options: ConnectionOptions, onCreated?: OnConnection): Socket {
    onCreated?.(this.#reason(targetOf(options)), NO_SOCKET);
    return NO_SOCKET;
  }
}
