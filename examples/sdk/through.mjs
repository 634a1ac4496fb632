/**
 * For SDKs that take an axios `adapter` but keep their instance to themselves.
 *
 * @param {import('axios').AxiosInstance} http an instance with a policy
 * @returns {import('axios').AxiosAdapter} an adapter that sends the SDK's requests through it
 */
export function through(http) {
  return (config) =>
    http.request({
      ...config,
      adapter: undefined, // that of `http`, instead of this one
      httpAgent: undefined, // the pools of the policy, whatever agents the SDK makes
      httpsAgent: undefined,
      transformRequest: [], // the SDK's instance has encoded the body, and will decode the answer
      transformResponse: [],
    });
}
