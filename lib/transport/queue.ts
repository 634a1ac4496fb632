import type { Agent, ClientRequest } from 'node:http';

/** Told when a request has to wait for a connection that others use, and when it has one or one is made for it. */
export interface QueueObserver {
  onQueued(): void;
  /** May come without the other. */
  onDequeued(): void;
}

/** Requests that wait in the queue of an agent, and whom they tell when that is over. */
const waiting = new WeakMap<ClientRequest, QueueObserver | undefined>();

/** Requests that will be given to their agents a little later, and whom they will tell then. */
const deferred = new WeakMap<ClientRequest, QueueObserver | undefined>();

/** Takes note of a request that its agent has just put into its queue; Node has no event for that. */
export function noteIfQueued(agent: Agent, request: ClientRequest): void {
  if (request.reusedSocket) return;
  const { requests } = agent;
  for (const name in requests) {
    if (requests[name]?.at(-1) !== request) continue;
    waiting.set(request, undefined);
    return;
  }
}

/** Tells of the wait of a request that was given to its agent just now, if it has to wait. */
export function followQueue(request: ClientRequest, observer: QueueObserver | undefined): void {
  if (observer === undefined) return;
  if (deferred.has(request)) deferred.set(request, observer);
  if (!waiting.has(request)) return;
  waiting.set(request, observer);
  request.once('socket', endWait);
  observer.onQueued();
}

/**
 * Puts off {@link followQueue} for a request that is given to its agent later.
 *
 * @returns to be told when it was.
 */
export function deferQueue(request: ClientRequest): { follow(): void } {
  deferred.set(request, undefined);
  return {
    follow: () => {
      const observer = deferred.get(request);
      deferred.delete(request);
      followQueue(request, observer);
    },
  };
}

/** A connection is being made for a request, which may have waited. */
export function leaveQueue(request: ClientRequest): void {
  const observer = waiting.get(request);
  waiting.delete(request);
  observer?.onDequeued();
}

function endWait(this: ClientRequest): void {
  leaveQueue(this);
}
