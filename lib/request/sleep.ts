import { fieldOf } from '../config/own.js';
import type { RequestConfig } from './axios.js';
import { cancelTokenOf } from './axios.js';
import type { Call } from './call.js';

/** Whether a request has been cancelled by now, in whatever way. */
export function isCancelled(call: Call, config: RequestConfig): boolean {
  const signal = fieldOf(config, 'signal');
  const cancelToken = fieldOf(config, 'cancelToken');
  return call.cancelled || signal?.aborted === true || cancelToken?.reason !== undefined;
}

/**
 * Calls back after the time between two attempts, or as soon as the request is cancelled: by its signal, by its cancel
 * token (which is what Nest's HttpService uses), or by detach. Leaves no listener.
 *
 * The timer keeps the process alive, for otherwise a process with nothing else to do would exit and lose the request.
 */
export function sleep(
  delayMs: number,
  config: RequestConfig,
  call: Call,
  onWake: (call: Call) => void,
): void {
  if (isCancelled(call, config)) {
    onWake(call);
    return;
  }
  // Not the timer's own arguments: whoever replaces setTimeout, as tests do, may forget to pass them on.
  const wake = () => onWake(call);
  call.timer = setTimeout(wake, delayMs);
  follow(config, call, wake);
}

/** Leaves nothing of a {@link sleep} behind; to be called when it is over. */
export function rise(config: RequestConfig, call: Call): void {
  clearTimeout(call.timer);
  call.timer = undefined;
  if (call.onCancel !== undefined) unfollow(config, call, call.onCancel);
}

/**
 * Waits until `begin`'s callback is called, or the request is cancelled, see {@link sleep}.
 *
 * @param begin begins to wait for whatever it is; what it returns ends that.
 */
export async function waitFor(
  begin: (wake: () => void) => () => void,
  config: RequestConfig,
  call: Call,
): Promise<void> {
  if (isCancelled(call, config)) return;
  await new Promise<void>((resolve) => {
    const stop = begin(wake);
    function wake(): void {
      stop();
      unfollow(config, call, wake);
      resolve();
    }
    follow(config, call, wake);
  });
}

/** Thrown in place of what a hook would have said, when the request was cancelled meanwhile. */
export const CANCELLED = Symbol('cancelled');

/**
 * Waits for what one of the caller's hooks promised, but not longer than the request is wanted. Leaves no listener.
 *
 * @returns what the hook said.
 * @throws {@link CANCELLED}, or what the hook threw before that; what it throws later is nobody's concern.
 */
export async function whileWanted<T>(answer: T | Promise<T>, config: RequestConfig, call: Call): Promise<T> {
  const signal = fieldOf(config, 'signal');
  const cancelToken = fieldOf(config, 'cancelToken');
  // The hook may change the config.
  const followed = { signal, cancelToken } as RequestConfig;
  let stop: (() => void) | undefined;
  const cancelled = new Promise<never>((_resolve, reject) => {
    stop = () => reject(CANCELLED);
    if (isCancelled(call, followed)) stop();
    else follow(followed, call, stop);
  });
  try {
    return await Promise.race([cancelled, answer]);
  } finally {
    if (stop !== undefined) unfollow(followed, call, stop);
  }
}

/** Has a listener told when the request is cancelled. */
function follow(config: RequestConfig, call: Call, listener: () => void): void {
  call.onCancel = listener;
  fieldOf(config, 'signal')?.addEventListener?.('abort', listener);
  cancelTokenOf(config)?.subscribe?.(listener);
}

function unfollow(config: RequestConfig, call: Call, listener: () => void): void {
  call.onCancel = undefined;
  fieldOf(config, 'signal')?.removeEventListener?.('abort', listener);
  cancelTokenOf(config)?.unsubscribe?.(listener);
}
