// @ts-check
import assert from 'node:assert/strict';
import { always } from '../behaviour.mjs';
import { rejectionOf } from '../world.mjs';

export const outcomes = [
  always("Giving up rejects with the last attempt's own AxiosError.", async (world) => {
    const { axios } = world;
    const origin = await world.serve((_req, res, n) => res.writeHead(503).end(`answer ${n}`));
    const { http } = world.attach({ retry: { maxRetries: 2 } });
    const error = await rejectionOf(http.get(`${origin.url}/x`, { headers: { 'X-Own': '1' } }));
    assert.ok(error instanceof axios.AxiosError);
    assert.ok(axios.isAxiosError(error));
    assert.equal(error.code, 'ERR_BAD_RESPONSE');
    assert.equal(error.message, 'Request failed with status code 503');
    assert.equal(error.response?.status, 503);
    assert.equal(error.response?.data, 'answer 3');
    assert.equal(error.response?.config, error.config);
    assert.equal(error.config?.url, `${origin.url}/x`);
    assert.equal(error.config?.headers.get('X-Own'), '1');
  }),

  always('The error of a request that was given up tells its history.', async (world) => {
    const origin = await world.serve([503, 500]);
    const { http } = world.attach({ retry: { maxRetries: 1 } });
    const error = await rejectionOf(http.get(origin.url));
    for (const holder of [error, error.config, error.response]) {
      const metadata = world.library.getPolicyMetadata(holder);
      assert.equal(metadata?.attempts, 2);
      assert.equal(metadata?.giveUp, 'max-retries');
      assert.equal(metadata?.delaysMs.length, 1);
      assert.deepEqual(
        metadata?.outcomes.map(({ kind, status }) => [kind, status]),
        [
          ['status', 503],
          ['status', 500],
        ],
      );
    }
  }),

  always('A good response tells its history, too.', async (world) => {
    const origin = await world.serve([503, 200]);
    const { http } = world.attach();
    const metadata = world.library.getPolicyMetadata(await http.get(origin.url));
    assert.equal(metadata?.attempts, 2);
    assert.equal(metadata?.retries, 1);
    assert.equal(metadata?.giveUp, undefined);
    assert.ok(metadata?.startedAt instanceof Date);
    assert.deepEqual(metadata?.outcomes, [{ kind: 'status', status: 503, code: 'ERR_BAD_RESPONSE' }]);
  }),

  always('describeFailure is one line without credentials and query.', async (world) => {
    const origin = await world.serve([503]);
    const { http } = world.attach({ retry: { maxRetries: 1 } });
    const request = http.get(`${origin.url}/path?token=secret`, {
      auth: { username: 'u', password: 'secret' },
    });
    const line = world.library.describeFailure(await rejectionOf(request));
    assert.match(line, /^GET http:\/\/127\.0\.0\.1:\d+\/path failed after 1 retry in .*503/);
    assert.doesNotMatch(line, /secret|\n/);
  }),

  always('What validateStatus accepts is a success.', async (world) => {
    const origin = await world.serve([503]);
    const { http } = world.attach();
    assert.equal((await http.get(origin.url, { validateStatus: () => true })).status, 503);
    assert.equal(origin.requests.length, 1);
  }),

  always('A response that a transform cannot read is not asked for again.', async (world) => {
    const origin = await world.serve((_req, res) => res.end('{"a":'));
    const { http } = world.attach();
    const strict = { silentJSONParsing: false };
    const error = await rejectionOf(http.get(origin.url, { responseType: 'json', transitional: strict }));
    assert.equal(error.name, 'SyntaxError');
    assert.equal(origin.requests.length, 1);
  }),

  always('stats() counts attempts, retries and the reasons to give up.', async (world) => {
    const origin = await world.serve([503, 200, 503]);
    const { http, policy } = world.attach({ retry: { maxRetries: 1 } });
    await http.get(origin.url);
    await rejectionOf(http.get(origin.url));
    const { attempts, retries, giveUps } = policy.stats();
    assert.deepEqual([attempts, retries], [4, 2]);
    assert.equal(giveUps['max-retries'], 1);
  }),
];
