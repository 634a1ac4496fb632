import type { RequestPolicy } from './config/types.js';

declare module 'axios' {
  // Without type parameters on purpose: axios declares <D> or <D, P> depending on its version, and this merges with both.
  export interface AxiosRequestConfig {
    /** Overrides of the attached policy for this request; `false` = as if no policy were attached. */
    policy?: RequestPolicy | false;
  }
}
