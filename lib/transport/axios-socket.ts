import type { Agent, ClientRequest } from 'node:http';
import { SCHEMES } from './follower.js';

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
export function forgetAtEnd(request: ClientRequest): void {
  request.once('close', forget);
}

// One function for all requests, which keeps nothing itself.
function forget(this: ClientRequest): void {
  const socket = this.socket as object | null as Record<symbol, unknown> | null;
  if (socket === null) return;
  for (const key of Object.getOwnPropertySymbols(socket)) {
    if (key.description === LATEST_REQUEST) socket[key] = null;
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
export function connectionOptions(options: object, agent: Agent): object {
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
