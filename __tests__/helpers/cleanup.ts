type Close = () => void | Promise<void>;

const ofTest = new Set<Close>();
const ofFile = new Set<Close>();
let current = ofFile;

/**
 * Runs `close` when the running test ends, or after the last test if none is running (`beforeAll`). So no test has
 * to clean up what it started, and a test that fails leaves nothing behind either.
 */
export function atEnd(close: Close): void {
  current.add(close);
}

async function closeAll(closers: Set<Close>): Promise<void> {
  const all = [...closers].reverse();
  closers.clear();
  await Promise.all(all.map((close) => close()));
}

/** Closes all that was started, at once: for a script, which no test runner tells of an end. */
export const closeWhatWasStarted = (): Promise<void> => closeAll(current);

// Scripts use the helpers, too.
if (typeof beforeEach === 'function') {
  beforeEach(() => {
    current = ofTest;
  });

  afterEach(async () => {
    current = ofFile;
    await closeAll(ofTest);
  });

  afterAll(() => closeAll(ofFile));
}
