import { cancelTokenOf, type RequestConfig } from './axios-like.js';
import type { Call } from './call.js';

/** Whether a request has been cancelled by now, in whatever way. */
export function isCancelled(call: Call, { signal, cancelToken }: RequestConfig): boolean {
  return call.cancelled || signal?.aborted === true || cancelToken?.reason !== undefined;
}

/**
 * Waits between two attempts. Ends at once when the request is cancelled, see {@link waitFor}.
 *
 * The timer keeps the process alive, for otherwise a process with nothing else to do would exit and lose the request.
 */
export function sleep(delayMs: number, config: RequestConfig, call: Call): Promise<void> {
  return waitFor(
    (wake) => {
      const timer = setTimeout(wake, delayMs);
      return () => clearTimeout(timer);
    },
    config,
    call,
  );
}

/**
 * Waits until `begin`'s callback is called, or the request is cancelled: by its signal, by its cancel token (which is
 * what Nest's HttpService uses), or by detach. Leaves no listener.
 *
 * @param begin begins to wait for whatever it is; what it returns ends that.
 */
export async function waitFor(
  begin: (wake: () => void) => () => void,
  config: RequestConfig,
  call: Call,
): Promise<void> {
  if (isCancelled(call, config)) return;
  const { signal } = config;
  const token = cancelTokenOf(config);
  await new Promise<void>((resolve) => {
    const stop = begin(wake);
    function wake(): void {
      stop();
      call.onCancel = undefined;
      signal?.removeEventListener?.('abort', wake);
      token?.unsubscribe?.(wake);
      resolve();
    }
    call.onCancel = wake;
    signal?.addEventListener?.('abort', wake);
    token?.subscribe?.(wake);
  });
}
