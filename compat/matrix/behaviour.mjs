// @ts-check
import { ADAPTERS } from './cells.mjs';

/** @typedef {import('./cells.mjs').Adapter} Adapter */
/** @typedef {import('./world.mjs').World} World */

/**
 * Something a policy does.
 *
 * @typedef {object} Behaviour
 * @property {string} name A sentence.
 * @property {readonly Adapter[]} adapters The adapters it holds for.
 * @property {(world: World) => Promise<void>} run Rejects if it does not hold.
 */

/**
 * @param {string} name
 * @param {Behaviour['run']} run
 * @returns {Behaviour}
 */
export const always = (name, run) => ({ name, adapters: ADAPTERS, run });

/**
 * One that needs the sockets, which the fetch adapter keeps to itself.
 *
 * @param {string} name
 * @param {Behaviour['run']} run
 * @returns {Behaviour}
 */
export const withHttp = (name, run) => ({ name, adapters: ['http'], run });

/**
 * One of requests whose sockets are out of reach.
 *
 * @param {string} name
 * @param {Behaviour['run']} run
 * @returns {Behaviour}
 */
export const withFetch = (name, run) => ({ name, adapters: ['fetch'], run });
