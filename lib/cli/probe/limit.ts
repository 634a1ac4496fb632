/**
 * Runs an action that ends with its signal.
 *
 * @throws what `reason` makes, if that took longer than `ms`.
 */
export async function within<T>(
  ms: number,
  reason: () => Error,
  action: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(reason()), ms);
  try {
    return await action(controller.signal);
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
}
