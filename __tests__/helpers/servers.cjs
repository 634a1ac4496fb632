'use strict';
// The servers of the tests for scripts in JavaScript: those of compat, of the examples and of the other runtimes.
require('./ts-register.cjs');

module.exports = {
  ...require('./certs.ts'),
  ...require('./faults.ts'),
  ...require('./http2-origin.ts'),
  ...require('./origin.ts'),
  ...require('./proxy.ts'),
  ...require('./tcp.ts'),
};
