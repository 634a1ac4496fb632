import type { AxiosStatic } from 'axios';

/** One copy of axios under test. */
export interface AxiosCopy {
  name: string;
  axios: AxiosStatic;
}

const copy = (request: string): AxiosCopy => {
  // The oldest one has types of its own that differ in private members; the tests use what both have.
  const axios = require(request) as AxiosStatic;
  return { name: `axios ${axios.VERSION}`, axios };
};

/** The newest and the oldest supported axios, for `describe.each(AXIOS_COPIES)('with $name', ({ axios }) => …)`. */
export const AXIOS_COPIES: readonly AxiosCopy[] = [copy('axios'), copy('axios-oldest')];

/** The ways through axios: each copy with and without redirects, for a first request and a later one. */
export const WAYS = AXIOS_COPIES.flatMap(({ name, axios }, copy) =>
  [5, 0].map((maxRedirects) => ({
    name,
    axios,
    maxRedirects,
    when: (copy === 0) === (maxRedirects === 5) ? ('first' as const) : ('later' as const),
  })),
);
