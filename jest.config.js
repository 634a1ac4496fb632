module.exports = {
  testEnvironment: 'node',
  // Most of a socket test is waiting, so more of them fit on a machine than it has cores.
  maxWorkers: 2,
  roots: ['<rootDir>/lib', '<rootDir>/__tests__'],
  testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': 'ts-jest' },
  collectCoverageFrom: ['lib/**/*.ts', '!lib/**/*.d.ts'],
  coverageThreshold: { global: { lines: 95, branches: 95 } },
};
