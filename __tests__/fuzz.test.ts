import { KINDS } from './fuzz/kinds.js';
import { fuzz } from './fuzz/search.js';

describe('whatever a peer says', () => {
  it.each(Object.entries(KINDS))(
    '%s leave no request waiting, no foreign or cut body, and no connection',
    async (_name, kind) => {
      expect(await fuzz(kind, 120, 1)).toEqual([]);
    },
  );
});
