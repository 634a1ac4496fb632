import type { AxiosResponse, RequestConfig } from '../axios-like.js';
import type { Call } from '../call.js';
import type { Ending } from '../outcome.js';

/** A plain copy of the config of one attempt, for the next: for the rest of a body that was cut, or for all of it. */
export function configOfNext(call: Call, { config, response }: Ending): RequestConfig {
  // What mergeConfig returns is a dictionary, and weighs more while a request sleeps.
  const next = { ...config };
  const { download } = call;
  const { data } = (response ?? {}) as Partial<AxiosResponse>;
  // A stream that `shouldRetry` refused may be cut, too, but nobody wants its rest.
  const isRefused = data !== undefined && data === download?.delivered;
  if (isRefused || !download?.request(next)) call.download = undefined;
  return next;
}
