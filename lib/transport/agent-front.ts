import type { Agent, ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import { noteIfQueued } from './queue.js';
import { disown } from './socket-registry.js';

/** The parts of Node's agent that its types leave out. */
interface AgentInternals {
  addRequest(request: ClientRequest, options: object): void;
  createConnection?: (...args: unknown[]) => Socket | null | undefined;
  freeSockets: unknown;
}

/** How an agent takes a request; `Options` is what it reads of the options of that. */
export type AddRequest<Options = object> = (this: Agent, request: ClientRequest, options: Options) => void;

/** Requests that are to dial, whatever idle connections their agent has. */
const onNewConnection = new WeakSet<ClientRequest>();

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

/** Gives a request to an agent, and sees to it that it gets a new connection if it is to have one. */
export function addRequest(agent: Agent, request: ClientRequest, options: object): void {
  const internals = agent as unknown as AgentInternals;
  const idle = internals.freeSockets;
  if (onNewConnection.has(request)) internals.freeSockets = Object.create(null);
  try {
    internals.addRequest(request, options);
  } finally {
    internals.freeSockets = idle;
  }
  noteIfQueued(agent, request);
}

/** Has a request pass over idle connections, on the agent that will take it in the end. */
export function passOverIdle(request: ClientRequest): void {
  onNewConnection.add(request);
}
