'use strict';
const { default: Sequencer } = require('@jest/test-sequencer');

/** Takes seconds each. */
const LONG = [
  'request/drop-in',
  'differential',
  'readme',
  'simulate',
  'request/read-timeout',
  'request/direct-http2',
  'request/decision-table',
  'transport/http2/sessions',
  'transport/http2/real-servers',
  'request/deadline',
  'transport/proxy/proxy-agents',
  'demo',
  'resume/stream',
  'resume/buffered',
  'transport/http2/requests',
  'request/retry-limits',
  'transport/connect-timeout',
];

/**
 * Starts the long suites first, so that none of them is left to run alone. Jest does so by itself only where it has run
 * them before; otherwise it goes by the size of files, and some of these are small.
 */
module.exports = class LongFirst extends Sequencer {
  sort(tests) {
    const isLong = ({ path }) =>
      LONG.some((name) => path.replaceAll('\\', '/').endsWith(`/__tests__/${name}.test.ts`));
    const sorted = super.sort(tests);
    return [...sorted.filter(isLong), ...sorted.filter((test) => !isLong(test))];
  }
};
