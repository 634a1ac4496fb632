/**
 * Everything that we use of Node's clients and of agentkeepalive without their types or their documentation telling of
 * it. Each member has the reason why no documented way leads there. All of them are the same from Node 20 to 26.
 */
import type { Agent, ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { constants } from 'agentkeepalive';

/** An agent with the members by which Node gives a request a connection. */
export interface AgentInternals {
  /**
   * Gives a request a connection, or has it wait for one. Node calls it for every request, so that an agent which
   * chooses among others, refuses or observes has to be asked here; the documented `createConnection` comes too late,
   * and not for a connection that is used again.
   */
  addRequest(request: ClientRequest, options: object): void;
  /** Documented, but not by the types of Node 20. */
  createConnection?: (...args: unknown[]) => Socket | null | undefined;
  /** Documented since Node 0.11, missing from the types. */
  getName(options: object): string;
  /** Takes a connection off the lists, and makes another one for a request that waits. Node does it by an event of the
   * socket, which a tunnel does not have yet. */
  removeSocket(socket: Socket, options: object): void;
  /** Documented, with types that do not tell that `false` is answered for a connection that is not kept. */
  keepSocketAlive(socket: Socket): unknown;
  reuseSocket(socket: Socket, request: ClientRequest): void;
  readonly options: object;
  readonly protocol: string;
  readonly scheduling: 'fifo' | 'lifo';
  readonly maxSockets: number;
  readonly maxTotalSockets: number;
  /** What `maxTotalSockets` limits. A tunnel counts from its beginning, when there is no socket to be counted. */
  totalSocketCount: number;
  /** Documented as not to be modified: to pass over idle connections there is no other way. */
  freeSockets: Record<string, Socket[] | undefined>;
  readonly sockets: Record<string, Socket[] | undefined>;
  readonly requests: Record<string, ClientRequest[] | undefined>;
}

/** An agent by its undocumented members. */
export function internalsOf(agent: Agent): AgentInternals {
  return agent as unknown as AgentInternals;
}

/** The name under which an agent keeps a connection: Node puts it on the options before it asks for a socket. */
export function poolNameOf(options: { readonly _agentKey?: string }): string {
  return options._agentKey ?? '';
}

/** A request and its response: `res` is there before the event `response`, and tells how far the exchange came. */
export type AnsweredRequest = ClientRequest & { readonly res?: IncomingMessage | null };

/** A socket as Node's HTTP client uses it. */
export type ClientSocket = Socket & {
  /** The request that has the connection. An agent is told of a connection that it is free, not by whom. */
  readonly _httpMessage?: AnsweredRequest | null;
  /** Who reads the response that the connection is to bring; `null` from the last byte of it on. */
  readonly parser?: object | null;
  /** Whether TLS is on its way; `connecting` is over by then. */
  readonly secureConnecting?: boolean;
  /** Of TLS: whether there is any, and what is wrong with the peer's certificate. */
  readonly encrypted?: boolean;
  readonly authorizationError?: unknown;
  readonly _handle?: Handle | null;
};

interface Handle {
  readonly writeQueueSize?: number;
  /** What TLS writes to. */
  readonly _parent?: Handle | null;
}

/**
 * The bytes that a socket was given to write and has not sent yet. A large body is given in one piece, so that nothing
 * but this shrinking queue tells a slow upload from a stalled one. Node's own socket timeout looks there too, but not
 * below TLS.
 */
export function queuedBytes({ _handle }: ClientSocket): number {
  let bytes = 0;
  for (let handle = _handle; handle; handle = handle._parent) bytes += handle.writeQueueSize ?? 0;
  return bytes;
}

/** A request whose head may have been made. */
export type WrittenRequest = ClientRequest & {
  /** The head as text, once it is made. */
  _header?: string | null;
  /** What waits for a connection. */
  readonly outputData?: Array<{ data: unknown }>;
};

/**
 * Puts another first line and further fields into a head that is made already, before any of it is sent: with
 * `Expect: 100-continue` or headers in an array, Node makes it before any agent sees the request.
 *
 * @returns whether there was one. A head that is not made yet will be made of the request's own properties.
 */
export function rewriteHead(request: WrittenRequest, added: OutgoingHttpHeaders): boolean {
  const { _header: before, outputData } = request;
  if (typeof before !== 'string') return false;
  const fields = Object.entries(added).map(([name, value]) => `${name}: ${value}\r\n`);
  const rest = before.slice(before.indexOf('\r\n') + 2);
  const head = `${request.method} ${request.path} HTTP/1.1\r\n${fields.join('')}${rest}`;
  request._header = head;
  const first = outputData?.[0];
  if (typeof first?.data === 'string' && first.data.startsWith(before))
    first.data = head + first.data.slice(before.length);
  return true;
}

/** The request that an agent makes a connection for; the types of agentkeepalive have it for a response. */
export type Requester = ClientRequest & IncomingMessage;

/** The signature Node's agents call back with a new connection; `undefined` on an error, which its types do not know. */
export type OnConnection = (error: Error | null, socket: Duplex) => void;

/** In place of a socket, for Node: "there is none", or "the callback will tell". The types of both agents want one. */
export const NO_SOCKET = undefined as never;

/** Tells a request that was destroyed before it was given to an agent; only an agent can. */
export function endUnsent(request: ClientRequest): void {
  request.onSocket(NO_SOCKET);
}

/** A name that agentkeepalive exports for its own use of an object; its types have it as an object of class `Symbol`. */
function symbolOf(name: unknown): symbol {
  if (typeof name === 'symbol') return name;
  throw new TypeError('agentkeepalive has other names');
}

const INIT_SOCKET = symbolOf(constants.INIT_SOCKET);

/** Has agentkeepalive take a connection that it did not make for one of its own. */
export function initialiseSocket(agent: Agent, socket: Socket, options: object): void {
  const initialise: unknown = Reflect.get(agent, INIT_SOCKET);
  if (typeof initialise === 'function') initialise.call(agent, socket, options);
}
