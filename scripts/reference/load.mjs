import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
require('../../__tests__/helpers/ts-register.cjs');

/** A module of the library, run from its source. */
export const load = (name) => require(`../../lib/${name}.ts`);
