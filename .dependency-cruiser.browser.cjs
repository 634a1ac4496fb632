'use strict';
// What a browser loads: the files that lib/index.browser.ts leads to, types left out.

module.exports = {
  forbidden: [
    {
      name: 'nothing-of-node-and-no-package-in-a-browser',
      severity: 'error',
      from: {},
      to: { pathNot: '^lib/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: false,
    tsConfig: { fileName: require.resolve('./tsconfig.json') },
  },
};
