/**
 * The key of what `await using` calls. Where the symbol is missing, it comes from a compiler, whose helper looks for this
 * one.
 */
export const ASYNC_DISPOSE: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose');
