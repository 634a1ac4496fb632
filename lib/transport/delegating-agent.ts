import type { Agent, ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { afterTurn } from './after-pending-io.js';
import { deferQueue, noteIfQueued } from './observe.js';
import { disown } from './socket-registry.js';

/** The parts of Node's agent that its types leave out. */
interface AgentInternals {
  addRequest(request: ClientRequest, options: object): void;
  createConnection?: (...args: unknown[]) => Socket | null | undefined;
  freeSockets: unknown;
}

/** How an agent takes a request; `Options` is what it reads of the options of that. */
export type AddRequest<Options = object> = (this: Agent, request: ClientRequest, options: Options) => void;

/** An agent that is `agent` in every respect, but takes requests in its own way. */
export function frontOf<Options extends object>(agent: Agent, takeRequest: AddRequest<Options>): Agent {
  const { createConnection } = agent as unknown as AgentInternals;
  const front = Object.assign(Object.create(agent) as Agent, { addRequest: takeRequest });
  if (createConnection === undefined) return front;
  // Node asks the agent itself; the front is asked by who was given it, as nock and msw are.
  const connectForOthers = (...args: unknown[]) => {
    const socket = createConnection.apply(agent, args);
    if (socket != null) disown(socket);
    return socket;
  };
  return Object.assign(front, { createConnection: connectForOthers });
}

/** Gives a request to an agent. */
export function addRequest(agent: Agent, request: ClientRequest, options: object): void {
  (agent as unknown as AgentInternals).addRequest(request, options);
  noteIfQueued(agent, request);
}

/** Has an agent do something as if it had no idle connections, so that it makes a new one. */
export function withoutIdle(agent: Agent, action: () => void): void {
  const internals = agent as unknown as AgentInternals;
  const idle = internals.freeSockets;
  internals.freeSockets = Object.create(null);
  try {
    action();
  } finally {
    internals.freeSockets = idle;
  }
}

/** Gives a request to its agent when a close that is on its way to an idle connection has arrived. */
export function onceQuiet(agent: Agent, request: ClientRequest, add: () => void): void {
  const queue = deferQueue(request);
  afterTurn(() => {
    // Without a connection nobody but the agent tells a request that it was given up.
    if (request.destroyed) request.onSocket(undefined as unknown as Socket);
    else add();
    noteIfQueued(agent, request);
    queue.follow();
  });
}
