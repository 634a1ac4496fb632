import { fieldOf } from '../config/own.js';
import type { RequestConfig } from './axios.js';
import { cancelTokenOf } from './axios.js';

/**
 * The ways in which a request is cancelled: by its signal, by its cancel token (which is what Nest's HttpService uses),
 * or by `detach({ abort: true })`. Whoever follows them leaves no listener behind.
 */

/** A request that can be cancelled without its config. */
export interface Cancellable {
  /** Whether it was. */
  readonly cancelled: boolean;
  /** Ends whatever the request waits for: a response, a hook, or the end of a sleep. */
  onCancel: (() => void) | undefined;
}

/** Whether a request has been cancelled by now, in whatever way. */
export function isCancelled(request: Cancellable, config: RequestConfig): boolean {
  const signal = fieldOf(config, 'signal');
  const cancelToken = fieldOf(config, 'cancelToken');
  return request.cancelled || signal?.aborted === true || cancelToken?.reason !== undefined;
}

/** Has a listener told when the request is cancelled; one at a time. */
export function followCancel(config: RequestConfig, request: Cancellable, listener: () => void): void {
  request.onCancel = listener;
  fieldOf(config, 'signal')?.addEventListener?.('abort', listener);
  cancelTokenOf(config)?.subscribe?.(listener);
}

/** Ends {@link followCancel}. */
export function unfollowCancel(config: RequestConfig, request: Cancellable, listener: () => void): void {
  request.onCancel = undefined;
  fieldOf(config, 'signal')?.removeEventListener?.('abort', listener);
  cancelTokenOf(config)?.unsubscribe?.(listener);
}

/**
 * Waits until `begin`'s callback is called, or the request is cancelled.
 *
 * @param begin begins to wait for whatever it is; what it returns ends that.
 */
export async function waitFor(
  begin: (wake: () => void) => () => void,
  config: RequestConfig,
  request: Cancellable,
): Promise<void> {
  if (isCancelled(request, config)) return;
  await new Promise<void>((resolve) => {
    const stop = begin(wake);
    function wake(): void {
      stop();
      unfollowCancel(config, request, wake);
      resolve();
    }
    followCancel(config, request, wake);
  });
}

/** Thrown in place of a hook's answer, when the request was cancelled meanwhile. */
export const CANCELLED = Symbol('cancelled');

/**
 * Waits for what one of the caller's hooks promised, but not longer than the request is wanted.
 *
 * @returns the hook's answer.
 * @throws {@link CANCELLED}, or what the hook threw before that; what it throws later is nobody's concern.
 */
export async function whileWanted<T>(
  answer: T | Promise<T>,
  config: RequestConfig,
  request: Cancellable,
): Promise<T> {
  const signal = fieldOf(config, 'signal');
  const cancelToken = fieldOf(config, 'cancelToken');
  // The hook may change the config.
  const followed = { signal, cancelToken } as RequestConfig;
  let stop: (() => void) | undefined;
  const cancelled = new Promise<never>((_resolve, reject) => {
    stop = () => reject(CANCELLED);
    if (isCancelled(request, followed)) stop();
    else followCancel(followed, request, stop);
  });
  try {
    return await Promise.race([cancelled, answer]);
  } finally {
    if (stop !== undefined) unfollowCancel(followed, request, stop);
  }
}
