import { KINDS } from './fuzz/kinds.js';
import { fuzz } from './fuzz/search.js';

describe('whatever a peer says', () => {
  it.each(Object.entries(KINDS))(
    '%s leave no request waiting, no foreign or cut body, and no connection',
    async (_name, kind) => {
      expect(await fuzz(kind, 80, 1)).toEqual([]);
    },
    // Every case waits for timers of its own, more of them on a busy machine.
    120_000,
  );
});
