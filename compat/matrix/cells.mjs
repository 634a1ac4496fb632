// @ts-check
import { createRequire } from 'node:module';

/**
 * @typedef {'http' | 'fetch'} Adapter
 * @typedef {'CommonJS' | 'ES module'} Format
 */

/**
 * One way to have axios and the policy in a process.
 *
 * @typedef {object} Cell
 * @property {string} version The version of axios.
 * @property {Format} format The format of both.
 * @property {Adapter} adapter
 * @property {import('axios').AxiosStatic} axios
 * @property {typeof import('axios-policy')} library
 */

const require = createRequire(import.meta.url);

/** What package.json calls the oldest supported axios, the newest, and two in between. */
const PACKAGES = ['axios-1.7.9', 'axios-1.8', 'axios-1.13', 'axios'];

/** @type {readonly Format[]} */
export const FORMATS = ['CommonJS', 'ES module'];

/** @type {readonly Adapter[]} */
export const ADAPTERS = ['http', 'fetch'];

/**
 * @param {string} name
 * @param {Format} format
 * @returns {Promise<import('axios').AxiosStatic>}
 */
async function loadAxios(name, format) {
  return format === 'CommonJS' ? require(name) : (await import(name)).default;
}

/**
 * @param {Format} format
 * @returns {Promise<typeof import('axios-policy')>}
 */
async function loadLibrary(format) {
  return format === 'CommonJS' ? require('axios-policy') : import('axios-policy');
}

/**
 * @param {string} name
 * @param {Format} format
 * @returns {Promise<Cell[]>}
 */
async function cellsOf(name, format) {
  const axios = await loadAxios(name, format);
  const library = await loadLibrary(format);
  return ADAPTERS.map((adapter) => ({ version: axios.VERSION, format, adapter, axios, library }));
}

/** Every version × format × adapter. */
export const CELLS = (
  await Promise.all(PACKAGES.flatMap((name) => FORMATS.map((format) => cellsOf(name, format))))
).flat();
