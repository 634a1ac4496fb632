// @ts-check
import servers from '../../__tests__/helpers/servers.cjs';

/**
 * The address of a server that is not there: connections to it are refused, for as long as the tests run.
 *
 * @returns {Promise<string>}
 */
export const refusingUrl = async () => `http://127.0.0.1:${await servers.closedPort()}`;
