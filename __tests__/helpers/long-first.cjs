'use strict';
const { default: Sequencer } = require('@jest/test-sequencer');

/**
 * Takes seconds each. The first ones begin at a time, so only one of them loads `lib`, which is compiled then for all that
 * follow.
 */
const LONG = [
  'request/drop-in',
  'layering',
  'simulate',
  'docs',
  'request/decision-table',
  'request/direct-http2',
  'request/urls',
  'request/polluted-prototype',
  'resume/stream',
  'differential',
  'request/keep-alive-race',
  'transport/secrets',
  'addresses/five-addresses',
  'transport/agent-options',
  'transport/http2/real-servers',
  'request/memory',
  'transport/http2/sessions',
  'config/public-types',
  'addresses/elsewhere',
  'transport/http2/requests',
  'request/deadline',
  'request/read-timeout',
  'request/retry-limits',
  'transport/unfinished-exchange',
  'transport/proxy/own-agents-proxy',
  'transport/connect-timeout',
  'request/queue',
  'request/streams',
  'demo',
  'resume/buffered',
];

/**
 * Starts the long suites first, so that none of them is left to run alone. Jest does so by itself only where it has run
 * them before; otherwise it goes by the size of files, and some of these are small.
 */
module.exports = class LongFirst extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    const placeOf = ({ path }) =>
      LONG.findIndex((name) => path.replaceAll('\\', '/').endsWith(`/__tests__/${name}.test.ts`));
    const long = sorted
      .filter((test) => placeOf(test) >= 0)
      .sort((one, other) => placeOf(one) - placeOf(other));
    return [...long, ...sorted.filter((test) => placeOf(test) < 0)];
  }
};
