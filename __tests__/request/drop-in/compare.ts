import type { AxiosInstance, AxiosStatic, CreateAxiosDefaults } from 'axios';
import { attachPolicy } from '../../../lib/index.js';
import { type Origin, startOrigin } from '../../helpers/origin.js';
import { keepUndefined, pictureOf, pictureOfOutcome } from '../../helpers/picture.js';

/** What a case is given to make its request with. */
export interface World {
  axios: AxiosStatic;
  http: AxiosInstance;
  origin: Origin;
  url: string;
}

/** A request that has to go the same way with a policy and without. */
export interface Case {
  /** A sentence about the request. */
  is: string;
  defaults?: CreateAxiosDefaults;
  /** The boundary of its body is random, and has another length where a retry may follow. */
  hasWebForm?: boolean;
  /** What the origin answers; it is asked twice. */
  arrange?(origin: Origin): void;
  request(world: World): Promise<unknown>;
}

/** What the origin was asked, byte for byte. */
const pictureOfRequests = ({ requests }: Origin): unknown =>
  requests.map(({ method, url, rawHeaders, body }) => pictureOf({ method, url, rawHeaders, body }));

/** A case as it went without a policy, as the first request with one, and as a later one. */
export interface Comparison {
  bare: unknown;
  first: unknown;
  later: unknown;
}

/** What a retry would need is kept, and none is made. */
const READY = { maxRetries: 1, shouldRetry: () => false };

/**
 * Runs a case on a bare instance, and on ones with a policy.
 *
 * @param create if it does not give each of them an instance of its own.
 */
export async function compare(
  axios: AxiosStatic,
  { defaults, hasWebForm, arrange, request }: Case,
  create?: () => AxiosInstance,
): Promise<Comparison> {
  const run = async (which: keyof Comparison) => {
    const origin = await startOrigin();
    arrange?.(origin);
    const http = create?.() ?? axios.create(defaults);
    const before = { ...http.defaults };
    const policy =
      which === 'bare'
        ? undefined
        : attachPolicy(http, {
            client: { allowHttp: true },
            retry: which === 'later' && !hasWebForm && READY,
          });
    if (which === 'later') await warm(http);
    const outcome = await pictureOfOutcome(axios, async () =>
      request({ axios, http, origin, url: origin.url }),
    );
    const untouched = Object.entries(before).every(
      ([key, value]) => Reflect.get(http.defaults, key) === value,
    );
    await policy?.close({ abort: true });
    const picture = { untouched, outcome, requests: pictureOfRequests(origin) };
    await origin.close();
    return JSON.parse(JSON.stringify(picture, keepUndefined).replaceAll(String(origin.port), 'PORT'));
  };
  if (create !== undefined)
    return { bare: await run('bare'), first: await run('first'), later: await run('later') };
  const [bare, first, later] = await Promise.all([run('bare'), run('first'), run('later')]);
  return { bare, first, later };
}

/** Makes a request that a policy may learn from, on a connection of its own. */
async function warm(http: AxiosInstance): Promise<void> {
  const origin = await startOrigin();
  await http.get(origin.url, { timeout: 0, maxRedirects: 5 });
  await origin.close();
}
