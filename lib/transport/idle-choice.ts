import type { Socket } from 'node:net';
import { isHeldBack } from './elsewhere.js';
import type { ConnectionDemands, ConnectionState } from './observe.js';
import { connectionState } from './observe.js';
import type { AddressBook } from './peer.js';

/**
 * The idle connection that suits a request best: elsewhere than where it failed, and one whose last request did not fail.
 *
 * @returns its place in the list, the last of several; -1 if none suits it.
 */
export function chooseIdle(
  idle: readonly Socket[],
  demands: ConnectionDemands,
  addresses: AddressBook | undefined,
): number {
  let best = -1;
  let leastCost = Number.POSITIVE_INFINITY;
  idle.forEach((socket, i) => {
    const state = connectionState(socket);
    const cost = state === undefined ? 0 : costOf(state, demands, addresses);
    if (cost > leastCost || cost === Number.POSITIVE_INFINITY) return;
    best = i;
    leastCost = cost;
  });
  return best;
}

/** The lower, the better it suits; infinite if it does not. */
function costOf(
  state: ConnectionState,
  { connection, failed }: ConnectionDemands,
  addresses: AddressBook | undefined,
): number {
  if (connection === 'checked' && !isYoung(state)) return Number.POSITIVE_INFINITY;
  if (isHeldBack(state, addresses)) return Number.POSITIVE_INFINITY;
  const isFailing = state.failuresInRow > 0 ? 1 : 0;
  if (failed === undefined) return isFailing;
  const nearness = failed.nearness(state);
  if (nearness === 2) return Number.POSITIVE_INFINITY;
  // Another address is better than another connection to the same one.
  if (nearness === 1 && state.peer && addresses?.hasOthers(state.peer.name, failed.addresses))
    return Number.POSITIVE_INFINITY;
  return 2 * nearness + isFailing;
}

/** Whether it has not been idle for more than half of the time that it may. */
function isYoung({ idleSinceMs, idleUntilMs }: ConnectionState): boolean {
  return performance.now() - idleSinceMs <= (idleUntilMs - idleSinceMs) / 2;
}
