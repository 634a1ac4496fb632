import type { Stage } from './stage.js';

/** One thing that goes wrong, and what becomes of a request then: without the policy and with it. */
export interface Scene {
  /** Selects the scene on the command line: `npm run demo -- overload`. */
  readonly name: string;
  /** What goes wrong, in one line. */
  readonly title: string;
  /** Plays it. Each ending is compared with the one the scene expects. */
  play(stage: Stage): Promise<void>;
}
