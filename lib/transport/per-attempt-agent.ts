import type { Agent, ClientRequest } from 'node:http';
import { define } from '../config/own.js';
import { SCHEMES } from './client-request.js';
import { addRequest, delegatingAgent, onceQuiet, withoutIdle } from './delegating-agent.js';
import type { Attempt } from './exchange.js';
import { Http1Exchange, observeForeignSocket } from './http1-exchange.js';
import { hasOwnProxy } from './inherited-options.js';
import { internalsOf } from './node-internals.js';
import type { ConnectionDemands } from './observe.js';
import { demand, followQueue } from './observe.js';

/**
 * What a connection would keep of a request that axios' adapter makes, for as long as it is open: the request, and so
 * the response with its body. A pool would hold as many bodies as connections, long after their requests.
 */

/** What newer versions of axios keep the latest request of a socket under. Each copy of axios has a symbol of its own. */
const LATEST_REQUEST = 'axios.http.currentReq';

/**
 * Takes the request off its socket when it is over. axios means to do so itself, but waits for a `close` of the request
 * that its redirect follower does not pass on.
 */
function forgetAtEnd(request: ClientRequest): void {
  request.once('close', forget);
}

// One function for all requests, which keeps nothing itself.
function forget(this: ClientRequest): void {
  const { socket } = this;
  if (socket === null) return;
  for (const key of Object.getOwnPropertySymbols(socket)) {
    if (key.description === LATEST_REQUEST) Reflect.set(socket, key, null);
  }
}

/** What axios and its redirect follower put on the options of a request for themselves. */
interface RequestParts {
  readonly agents?: unknown;
  readonly beforeRedirect?: unknown;
  readonly beforeRedirects?: unknown;
  readonly nativeProtocols?: unknown;
  readonly [SCHEMES]?: unknown;
}

/** Options for `agent`, of which Node remembers the first ones with the connection; they are all about that. */
function connectionOptions(options: object, agent: Agent): object {
  const {
    agents,
    beforeRedirect,
    beforeRedirects,
    nativeProtocols,
    [SCHEMES]: _schemes,
    ...rest
  } = options as RequestParts;
  return { ...rest, agent };
}

const ATTEMPT = Symbol('attempt');

type PerAttemptAgent = Agent & { [ATTEMPT]: Attempt };

/** The part that the agents of all attempts inherit, made once per agent. */
const shared = { own: new WeakMap<Agent, Agent>(), foreign: new WeakMap<Agent, Agent>() };

/**
 * An agent that is `agent` in every respect, but tells an attempt of the requests it gets: it belongs to that attempt,
 * and leads to the shared pool.
 *
 * @param foreign whether the agent is the caller's own, whose sockets nobody has prepared to be observed.
 */
export function perAttemptAgent(attempt: Attempt, agent: Agent, foreign: boolean): Agent {
  const own = Object.create(sharedPart(agent, foreign)) as PerAttemptAgent;
  own[ATTEMPT] = attempt;
  return own;
}

function sharedPart(agent: Agent, foreign: boolean): Agent {
  const fronts = foreign ? shared.foreign : shared.own;
  const known = fronts.get(agent);
  if (known !== undefined) return known;
  const front = delegatingAgent(agent, function (this: Agent, request, options) {
    const attempt = (this as PerAttemptAgent)[ATTEMPT];
    if (foreign) observeForeignSocket(request);
    attempt.watch(request);
    attempt.follow(Http1Exchange.listeningTo(request));
    forgetAtEnd(request);
    const add = foreign ? addToForeign : addToOwn;
    add(agent, request, connectionOptions(options, agent), attempt);
    followQueue(request, attempt.queueObserver);
  });
  // axios would go by it as well, and a request through two proxies.
  if (hasOwnProxy(agent)) {
    define(front, 'options', {
      get: () => ({ ...internalsOf(agent).options, proxyEnv: undefined }),
    });
  }
  fronts.set(agent, front);
  return front;
}

function addToOwn(agent: Agent, request: ClientRequest, options: object, demanded: ConnectionDemands): void {
  demand(request, demanded);
  internalsOf(agent).addRequest(request, options);
}

/** Nothing is known of the idle connections of the caller's own agent, and none of them is closed. */
function addToForeign(
  agent: Agent,
  request: ClientRequest,
  options: object,
  { connection: choice }: ConnectionDemands,
): void {
  const add = () => addRequest(agent, request, options);
  const isAnyIdle = () => Object.keys(agent.freeSockets ?? {}).length > 0;
  if (choice === 'new') withoutIdle(agent, add);
  else if (choice === 'checked' && isAnyIdle()) onceQuiet(agent, request, add);
  else add();
}
