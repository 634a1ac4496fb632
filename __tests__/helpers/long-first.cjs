'use strict';
const { default: Sequencer } = require('@jest/test-sequencer');

/** Takes seconds each. */
const LONG = [
  'attach/drop-in',
  'differential',
  'readme',
  'simulate',
  'transport/read-timeout',
  'attach/direct-http2',
  'attach/decision-table',
  'transport/http2/sessions',
  'transport/http2/real-servers',
  'transport/deadline',
  'transport/proxy-agents',
  'demo',
  'attach/resume-stream',
  'attach/resume-buffered',
  'transport/http2/requests',
  'attach/retry-limits',
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
