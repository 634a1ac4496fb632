// @ts-check
import assert from 'node:assert/strict';
import { always, withFetch } from '../behaviour.mjs';
import { rejectionOf } from '../world.mjs';

/**
 * The handlers of an instance's interceptors that are in use.
 *
 * @param {import('axios').AxiosInstance} http
 */
const handlersOf = ({ interceptors: { request, response } }) =>
  [request, response].map((manager) => /** @type {any} */ (manager).handlers.filter(Boolean));

export const instances = [
  always('Interceptors run once for a request, however many attempts it takes.', async (world) => {
    const origin = await world.serve([503, 503, 200]);
    const counts = { request: 0, response: 0, rejected: 0 };
    const { http } = world.attach();
    http.interceptors.request.use((config) => {
      counts.request += 1;
      return config;
    });
    http.interceptors.response.use(
      (response) => {
        counts.response += 1;
        return response;
      },
      (error) => {
        counts.rejected += 1;
        throw error;
      },
    );
    await http.get(origin.url);
    assert.deepEqual(counts, { request: 1, response: 1, rejected: 0 });
    assert.equal(origin.requests.length, 3);
  }),

  always('Response interceptors from before the policy see every attempt.', async (world) => {
    const origin = await world.serve([503, 503, 200]);
    const http = world.bare();
    /** @type {number[]} */
    const seen = [];
    http.interceptors.response.use(
      (response) => {
        seen.push(response.status);
        return response;
      },
      (error) => {
        seen.push(error.response.status);
        throw error;
      },
    );
    world.attachTo(http);
    await http.get(origin.url);
    assert.deepEqual(seen, [503, 503, 200]);
  }),

  always('policy: false on a request is axios without a policy.', async (world) => {
    const origin = await world.serve([503]);
    const { http } = world.attach({ client: { allowHttp: false, userAgent: 'of the policy' } });
    const error = await rejectionOf(http.get(origin.url, { policy: false }));
    assert.equal(error.response.status, 503);
    assert.equal(world.library.getPolicyMetadata(error), undefined);
    assert.deepEqual(
      origin.requests.map(({ headers }) => headers['user-agent'] === 'of the policy'),
      [false],
    );
  }),

  always('A request overrides single fields of the policy.', async (world) => {
    const origin = await world.serve([503]);
    const { http } = world.attach({ retry: { maxRetries: 4 } });
    await rejectionOf(http.get(origin.url, { policy: { retry: { maxRetries: 1 } } }));
    assert.equal(origin.requests.length, 2);
    await rejectionOf(http.get(origin.url, { policy: { retry: false } }));
    assert.equal(origin.requests.length, 3);
  }),

  always('An instance made of one with a policy has none.', async (world) => {
    const origin = await world.serve([503]);
    const { http } = world.attach();
    const made = /** @type {any} */ (http).create();
    const error = await rejectionOf(made.get(origin.url));
    assert.equal(world.library.getPolicyMetadata(error), undefined);
    assert.equal(origin.requests.length, 1);
    await rejectionOf(http.get(origin.url, { policy: { retry: { maxRetries: 1 } } }));
    assert.equal(origin.requests.length, 3);
  }),

  always('Two instances have policies of their own.', async (world) => {
    const origin = await world.serve([503]);
    const eager = world.attach({ retry: { maxRetries: 2 } });
    const modest = world.attach({ retry: { maxRetries: 0 } });
    await Promise.all([rejectionOf(eager.http.get(origin.url)), rejectionOf(modest.http.get(origin.url))]);
    assert.deepEqual([eager.policy.stats().attempts, modest.policy.stats().attempts], [3, 1]);
  }),

  always('detach() restores the instance.', async (world) => {
    const origin = await world.serve([503]);
    const http = world.bare();
    http.interceptors.request.use((config) => config);
    const before = { handlers: handlersOf(http), defaults: { ...http.defaults } };
    const policy = world.attachTo(http);
    policy.detach();
    assert.deepEqual(handlersOf(http), before.handlers);
    assert.deepEqual({ ...http.defaults }, before.defaults);
    await rejectionOf(http.get(origin.url));
    assert.equal(origin.requests.length, 1);
    world.attachTo(http, { retry: { maxRetries: 1 } });
    await rejectionOf(http.get(origin.url));
    assert.equal(origin.requests.length, 3);
  }),

  always('A policy leaves the defaults of its instance as they are.', async (world) => {
    const origin = await world.serve([503, 200]);
    const http = world.bare({ headers: { 'X-Own': '1' } });
    const before = { ...http.defaults };
    world.attachTo(http);
    await http.get(origin.url);
    for (const [key, value] of Object.entries(before)) {
      assert.equal(Reflect.get(http.defaults, key), value, key);
    }
    assert.deepEqual(Object.keys(http.defaults), Object.keys(before));
  }),

  always('A wrong config throws before the instance is touched, and names every problem.', async (world) => {
    const http = world.bare();
    const before = handlersOf(http);
    const wrong = { client: { timeout: 0, conectTimeout: '1s' }, retry: { maxRetries: -1 } };
    const error = await rejectionOf(
      (async () => world.library.attachPolicy(http, /** @type {any} */ (wrong)))(),
    );
    assert.ok(error instanceof world.library.PolicyConfigError);
    assert.deepEqual(error.problems.map(({ path }) => path).sort(), [
      'client.conectTimeout',
      'client.timeout',
      'retry.maxRetries',
    ]);
    assert.match(error.message, /connectTimeout/);
    assert.deepEqual(handlersOf(http), before);
  }),

  withFetch('Fields about connections, which are not in reach, are refused by name.', async (world) => {
    const http = world.bare();
    const client = {
      connectTimeout: '2s',
      readTimeout: '1s',
      proxyUrl: 'http://u:secret@proxy.test',
      timeout: '9s',
    };
    const error = await rejectionOf((async () => world.library.attachPolicy(http, { client }))());
    assert.ok(error instanceof world.library.PolicyConfigError);
    assert.deepEqual(error.problems.map(({ path }) => path).sort(), [
      'client.connectTimeout',
      'client.proxyUrl',
      'client.readTimeout',
    ]);
    assert.match(error.message, /fetch/);
    assert.doesNotMatch(error.message, /secret/);
  }),

  always('An instance takes one policy at a time.', async (world) => {
    const { http } = world.attach();
    assert.throws(() => world.library.attachPolicy(http), world.library.PolicyConfigError);
  }),
];
