import type { Agent, ClientRequest } from 'node:http';
import { define } from '../config/own.js';
import { addRequest, frontOf, onceQuiet, withoutIdle } from './agent-front.js';
import { hasOwnProxy } from './agent-options.js';
import type { Attempt } from './attempt.js';
import { connectionOptions, forgetAtEnd } from './axios-socket.js';
import { type ConnectionChoice, choose } from './connection-choice.js';
import { Http1Exchange, observeForeignSocket } from './exchange.js';
import { followQueue } from './queue.js';

const ATTEMPT = Symbol('attempt');

type ObservedAgent = Agent & { [ATTEMPT]: Attempt };

/** What the observed agents of all attempts inherit, made once per agent. */
const shared = { own: new WeakMap<Agent, Agent>(), foreign: new WeakMap<Agent, Agent>() };

/**
 * An agent that is `agent` in every respect, but tells an attempt of the requests it gets: it belongs to that attempt,
 * and leads to the shared pool.
 *
 * @param foreign whether the agent is the caller's own, whose sockets nobody has prepared to be observed.
 */
export function observedAgent(attempt: Attempt, agent: Agent, foreign: boolean): Agent {
  const observed = Object.create(sharedFront(agent, foreign)) as ObservedAgent;
  observed[ATTEMPT] = attempt;
  return observed;
}

function sharedFront(agent: Agent, foreign: boolean): Agent {
  const fronts = foreign ? shared.foreign : shared.own;
  const known = fronts.get(agent);
  if (known !== undefined) return known;
  const front = frontOf(agent, function (this: Agent, request, options) {
    const attempt = (this as ObservedAgent)[ATTEMPT];
    if (foreign) observeForeignSocket(request);
    attempt.watch(request);
    attempt.follow(new Http1Exchange(request));
    forgetAtEnd(request);
    const add = foreign ? addToForeign : addToOwn;
    add(agent, request, connectionOptions(options, agent), attempt.connection);
    followQueue(request, attempt.queueObserver);
  });
  // axios would go by it as well, and a request through two proxies.
  if (hasOwnProxy(agent)) {
    define(front, 'options', {
      get: () => ({ ...(agent as { options?: object }).options, proxyEnv: undefined }),
    });
  }
  fronts.set(agent, front);
  return front;
}

function addToOwn(agent: Agent, request: ClientRequest, options: object, choice: ConnectionChoice): void {
  choose(request, choice);
  addRequest(agent, request, options);
}

/** Nothing is known of the idle connections of the caller's own agent, and none of them is closed. */
function addToForeign(agent: Agent, request: ClientRequest, options: object, choice: ConnectionChoice): void {
  const add = () => addRequest(agent, request, options);
  const isAnyIdle = () => Object.keys(agent.freeSockets ?? {}).length > 0;
  if (choice === 'new') withoutIdle(agent, add);
  else if (choice === 'checked' && isAnyIdle()) onceQuiet(agent, request, add);
  else add();
}
