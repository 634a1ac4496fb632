import type { ClientRequest } from 'node:http';

/**
 * Which connection a request may have:
 * - `any`: an idle one if there is one, as always;
 * - `checked`: an idle one only if it is open still and not old, because the request may not be sent twice;
 * - `new`: no idle one, because others were found dead.
 */
export type ConnectionChoice = 'any' | 'checked' | 'new';

/** Of those that are not `any`. The agent that takes a request in the end is not the one that was given it. */
const choices = new WeakMap<ClientRequest, ConnectionChoice>();

/** Says which connection a request may have, to the agent that will take it in the end. */
export function choose(request: ClientRequest, choice: ConnectionChoice): void {
  if (choice !== 'any') choices.set(request, choice);
}

/** For the request that is being made right now. */
let current: ConnectionChoice = 'any';

/** Makes a request on an agent of ours, which is given it at once, and says which connection it may have. */
export function makeOn<T>(choice: ConnectionChoice, make: () => T): T {
  current = choice;
  try {
    return make();
  } finally {
    current = 'any';
  }
}

/** Which connection a request may have that its agent is given just now. */
export function choiceOfNew(request: ClientRequest): ConnectionChoice {
  if (current !== 'any') choices.set(request, current);
  return choiceOf(request);
}

/** Which connection a request may have. */
export function choiceOf(request: ClientRequest): ConnectionChoice {
  return choices.get(request) ?? 'any';
}
