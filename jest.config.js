module.exports = {
  testEnvironment: '<rootDir>/__tests__/helpers/environment.cjs',
  // Most of a socket test is waiting, so more of them fit on a machine than it has cores.
  maxWorkers: 3,
  testSequencer: '<rootDir>/__tests__/helpers/long-first.cjs',
  roots: ['<rootDir>/lib', '<rootDir>/__tests__'],
  // A limit for what never ends. On a machine that others share, what takes a second may take twenty.
  testTimeout: 60_000,
  testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  // Looked up in the tests' vm, these cost a module dearly each time. Only what no module declares and no test replaces.
  sandboxInjectedGlobals: [
    'Array',
    'Boolean',
    'Error',
    'JSON',
    'Map',
    'Math',
    'Number',
    'Object',
    'Promise',
    'RegExp',
    'Set',
    'String',
    'Symbol',
    'TypeError',
    'Uint8Array',
    'WeakMap',
  ],
  transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/tsconfig.jest.json' }] },
  collectCoverageFrom: ['lib/**/*.ts', '!lib/**/*.d.ts'],
  // What runs in processes of its own, as the ends of a process, is not counted.
  coverageThreshold: { global: { lines: 95, branches: 95 } },
};
