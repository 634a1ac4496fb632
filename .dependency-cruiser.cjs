'use strict';
// Who may import whom in lib/, types included: `npm run lint` fails on an import that is not named here.

/** The layers, from the lowest: where each one lives, and the lower ones that it may import. */
const LAYERS = {
  errors: { files: 'errors\\.ts', may: [] },
  config: { files: '(config/|augment\\.ts)', may: ['errors'] },
  transport: { files: 'transport/', may: ['config', 'errors'] },
  retry: { files: 'retry/', may: ['config', 'errors'] },
  addresses: { files: 'addresses/', may: ['config', 'errors'] },
  resume: { files: 'resume/', may: ['addresses', 'retry', 'transport', 'config', 'errors'] },
  request: { files: 'request/', may: ['resume', 'addresses', 'retry', 'transport', 'config', 'errors'] },
  index: { files: 'index\\.', may: ['request', 'retry', 'transport', 'config', 'errors'] },
  explain: { files: 'explain/', may: ['retry', 'config', 'errors'] },
  cli: { files: 'cli[/.]', may: ['explain', 'retry', 'transport', 'config', 'errors'] },
  nestjs: { files: 'nestjs/', may: ['index', 'request', 'config', 'errors'] },
  opentelemetry: { files: 'opentelemetry/', may: ['index', 'request', 'config', 'errors'] },
};

/** Layers without a socket, a clock or any other part of Node, and without packages. */
const PURE = ['errors', 'retry', 'addresses', 'explain'];

/** Where one of them meets Node. */
const EDGE = '^lib/addresses/lookup/';

const filesOf = (...layers) => layers.map((layer) => `^lib/${LAYERS[layer].files}`);

const layerRules = Object.entries(LAYERS).map(([layer, { may }]) => ({
  name: `${layer}-imports-what-lies-below`,
  severity: 'error',
  from: { path: filesOf(layer) },
  to: { path: '^lib/', pathNot: filesOf(layer, ...may) },
}));

module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: 'every-file-has-a-layer',
      severity: 'error',
      from: { path: '^lib/', pathNot: filesOf(...Object.keys(LAYERS)) },
      to: {},
    },
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'pure-layers-import-only-ours',
      severity: 'error',
      from: { path: filesOf(...PURE), pathNot: EDGE },
      to: { pathNot: '^lib/' },
    },
    {
      name: 'only-types-from-axios',
      comment: 'An instance may be of any copy of axios; the package has none of its own.',
      severity: 'error',
      from: {},
      to: { path: 'node_modules/axios/', dependencyTypesNot: ['type-only', 'type-import'] },
    },
    {
      name: 'only-declared-packages',
      severity: 'error',
      from: {},
      to: { pathNot: '^lib/', dependencyTypesNot: ['npm', 'npm-peer', 'core'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: require.resolve('./tsconfig.json') },
  },
};
