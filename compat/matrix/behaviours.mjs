// @ts-check
import { bodies } from './behaviours/bodies.mjs';
import { cancelling } from './behaviours/cancelling.mjs';
import { connections } from './behaviours/connections.mjs';
import { dropIn } from './behaviours/drop-in.mjs';
import { instances } from './behaviours/instances.mjs';
import { outcomes } from './behaviours/outcomes.mjs';
import { retries } from './behaviours/retries.mjs';
import { timeouts } from './behaviours/timeouts.mjs';

/** Everything that holds whatever the version and the format. */
export const BEHAVIOURS = [
  ...retries,
  ...outcomes,
  ...bodies,
  ...timeouts,
  ...cancelling,
  ...connections,
  ...instances,
  ...dropIn,
];
