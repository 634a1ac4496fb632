import type { Download, DownloadOwner } from '../resume/download.js';
import { classify } from '../retry/classify.js';
import { isCancel } from '../retry/error-predicates.js';
import type { Activity } from './activity.js';
import type { AxiosError, AxiosResponse, RequestConfig } from './axios.js';
import type { Call } from './call.js';
import { rememberCall } from './call.js';
import type { Cancellable } from './pending-retry.js';
import { followCancel, isCancelled, unfollowCancel } from './pending-retry.js';
import { releaseBody } from './streams.js';

/**
 * Asks for the rest of a body after the error that cut it, as often as it takes.
 *
 * @returns the response with the rest.
 * @throws the error of the last attempt.
 */
export type Resume = (call: Call, cut: Error) => Promise<AxiosResponse>;

/** A request whose body is read as it comes, as the body sees it. */
export class Resumption implements DownloadOwner {
  readonly #call: Call;
  readonly #config: RequestConfig;
  readonly #activity: Activity;
  readonly #resume: Resume;

  constructor(call: Call, config: RequestConfig, activity: Activity, resume: Resume) {
    this.#call = call;
    this.#config = config;
    this.#activity = activity;
    this.#resume = resume;
  }

  /** {@inheritDoc DownloadOwner.remainingMs} */
  get remainingMs(): number {
    return this.#call.record.remainingMs;
  }

  /** {@inheritDoc DownloadOwner.reopen} */
  reopen(): void {
    this.#call.record.reopened();
  }

  /** {@inheritDoc DownloadOwner.mayRecover} */
  mayRecover(cut: Error): boolean {
    const { kind } = classify(cut, this.#call.observation);
    return kind !== 'cancelled' && kind !== 'permanent';
  }

  /** {@inheritDoc DownloadOwner.wants} */
  wants(download: Download): boolean {
    return this.#call.download === download;
  }

  /** {@inheritDoc DownloadOwner.waitFor} */
  async waitFor(begin: (wake: () => void) => () => void): Promise<void> {
    const call = this.#call;
    this.#activity.add(call);
    await waitFor(begin, this.#config, call);
    this.#activity.delete(call);
  }

  /** {@inheritDoc DownloadOwner.resume} */
  async resume(cut: Error): Promise<AxiosResponse> {
    try {
      return await this.#resume(this.#call, cut);
    } catch (error) {
      // Nobody else gets to see that response.
      releaseBody((error as Partial<AxiosError>).response?.data);
      // The consumer did not ask what went wrong with the rest; that its stream was cancelled, it did.
      const failure = error instanceof Error && isCancel(error) ? error : cut;
      rememberCall(failure, this.#call);
      throw failure;
    }
  }

  /** {@inheritDoc DownloadOwner.cancel} */
  cancel(): void {
    this.#call.cancel();
  }
}

/**
 * Waits until `begin`'s callback is called, or the request is cancelled.
 *
 * @param begin begins to wait for whatever it is; what it returns ends that.
 */
async function waitFor(
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
