// @ts-check
import assert from 'node:assert/strict';
import { refusingUrl } from '../../support/closed-port.mjs';
import { always } from '../behaviour.mjs';
import { droppingFirst, rejectionOf } from '../world.mjs';

export const retries = [
  always('A GET that is answered 503 is sent again until the answer is good.', async (world) => {
    const origin = await world.serve([503, 503, 200]);
    const { http } = world.attach();
    const response = await http.get(origin.url);
    assert.deepEqual([response.status, response.data], [200, 'OK']);
    assert.equal(origin.requests.length, 3);
  }),

  always('A POST that is answered 503 is sent again with its body.', async (world) => {
    const origin = await world.serve([503, 201]);
    const { http } = world.attach();
    assert.equal((await http.post(origin.url, { a: 1 })).status, 201);
    assert.deepEqual(
      origin.requests.map(({ method, body }) => [method, body]),
      [
        ['POST', '{"a":1}'],
        ['POST', '{"a":1}'],
      ],
    );
  }),

  always('The statuses 408, 429 and 500 to 599 are retried, and no others.', async (world) => {
    const origin = await world.serve((req, res) => {
      res.statusCode = Number(req.url?.slice(1));
      res.end();
    });
    const { http } = world.attach({ retry: { maxRetries: 1, budget: false } });
    for (const status of [400, 401, 404, 408, 409, 429, 500, 502, 503, 504, 599]) {
      const before = origin.requests.length;
      await rejectionOf(http.get(`/${status}`, { baseURL: origin.url }));
      const sent = status === 408 || status === 429 || status >= 500 ? 2 : 1;
      assert.equal(origin.requests.length - before, sent, `status ${status}`);
    }
  }),

  always('A GET, a PUT and a DELETE whose connection is dropped are sent again.', async (world) => {
    for (const method of ['get', 'put', 'delete']) {
      const origin = await world.serve(droppingFirst(1));
      const { http } = world.attach();
      assert.equal((await http.request({ method, url: origin.url })).status, 200);
      assert.equal(origin.requests.length, 2, method);
    }
  }),

  always('A POST whose connection is dropped is not sent again.', async (world) => {
    const origin = await world.serve(droppingFirst(1));
    const { http } = world.attach();
    const error = await rejectionOf(http.post(origin.url, 'x'));
    assert.equal(world.library.getPolicyMetadata(error)?.giveUp, 'not-idempotent');
    assert.equal(origin.requests.length, 1);
  }),

  always('A POST that says it is idempotent is sent again after a drop.', async (world) => {
    const origin = await world.serve(droppingFirst(2));
    const { http } = world.attach();
    await http.post(origin.url, 'x', { policy: { idempotent: true } });
    assert.deepEqual(
      origin.requests.map(({ body }) => body),
      ['x', 'x', 'x'],
    );
  }),

  always('A minted Idempotency-Key is equal on every attempt, and makes a POST safe.', async (world) => {
    const origin = await world.serve(droppingFirst(1));
    const { http } = world.attach({ retry: { idempotencyKey: true } });
    await http.post(origin.url, 'x');
    const [first, second, ...more] = origin.requests.map(({ headers }) => headers['idempotency-key']);
    assert.match(String(first), /^[\w-]{16,}$/);
    assert.equal(second, first);
    assert.deepEqual(more, []);
  }),

  always('A POST to a port that refuses is tried again, as nothing was sent.', async (world) => {
    const url = await refusingUrl();
    const { http } = world.attach({ retry: { maxRetries: 2 } });
    const metadata = world.library.getPolicyMetadata(await rejectionOf(http.post(url, 'x')));
    assert.equal(metadata?.attempts, 3);
    assert.deepEqual(
      metadata?.outcomes.map(({ kind }) => kind),
      ['connect', 'connect', 'connect'],
    );
  }),

  always('With maxRetries 0 nothing is sent twice.', async (world) => {
    const origin = await world.serve([503]);
    const { http } = world.attach({ retry: { maxRetries: 0 } });
    const error = await rejectionOf(http.get(origin.url));
    assert.equal(world.library.getPolicyMetadata(error)?.giveUp, 'max-retries');
    assert.equal(origin.requests.length, 1);
  }),

  always('What retryTimeout does not leave time for is not waited for.', async (world) => {
    const origin = await world.serve([503]);
    const { http } = world.attach({
      retry: { retryTimeout: '30s', backoff: { initBackoff: '1min', maxBackoff: '1min' } },
    });
    const error = await rejectionOf(http.get(origin.url));
    assert.equal(world.library.getPolicyMetadata(error)?.giveUp, 'retry-timeout');
    assert.equal(origin.requests.length, 1);
  }),

  always('Retry-After is the least delay.', async (world) => {
    const origin = await world.serve((_req, res) => res.writeHead(429, { 'Retry-After': '7' }).end());
    const controller = new AbortController();
    /** @type {number[]} */
    const delays = [];
    const { http } = world.attach({
      retry: {
        onRetry: ({ delayMs }) => {
          delays.push(delayMs);
          controller.abort();
        },
      },
    });
    await rejectionOf(http.get(origin.url, { signal: controller.signal }));
    assert.equal(delays.length, 1);
    assert.ok(Number(delays[0]) >= 7000 && Number(delays[0]) < 20_000, `${delays}`);
  }),

  always('A Retry-After beyond retryTimeout ends the request at once.', async (world) => {
    const origin = await world.serve((_req, res) => res.writeHead(503, { 'Retry-After': '3600' }).end());
    const { http } = world.attach();
    const error = await rejectionOf(http.get(origin.url));
    assert.equal(world.library.getPolicyMetadata(error)?.giveUp, 'retry-after');
    assert.equal(origin.requests.length, 1);
  }),

  always('An empty budget ends the request.', async (world) => {
    const origin = await world.serve([503]);
    const { http } = world.attach({ retry: { budget: { withdraw: () => false, deposit: () => undefined } } });
    const error = await rejectionOf(http.get(origin.url));
    assert.equal(world.library.getPolicyMetadata(error)?.giveUp, 'budget');
    assert.equal(origin.requests.length, 1);
  }),

  always('shouldRetry makes a failure of a good answer, and the next one resolves.', async (world) => {
    const origin = await world.serve((_req, res, n) => {
      res.setHeader('Content-Type', 'application/json');
      res.end(JSON.stringify(n === 1 ? { error: 'SlowDown' } : { ok: true }));
    });
    const { http } = world.attach({
      retry: { shouldRetry: ({ response }) => /** @type {any} */ (response).data.error === 'SlowDown' },
    });
    assert.deepEqual((await http.get(origin.url)).data, { ok: true });
    assert.equal(origin.requests.length, 2);
  }),

  always('onRetry signs the next attempt anew; onGiveUp is told once.', async (world) => {
    const origin = await world.serve([503]);
    /** @type {unknown[]} */
    const told = [];
    const { http } = world.attach({
      retry: {
        maxRetries: 2,
        onRetry: ({ retry, config }) => {
          /** @type {any} */ (config).headers.set('X-Signature', `of retry ${retry}`);
          /** @type {any} */ (config).data = `body ${retry}`;
        },
        onGiveUp: ({ reason, status }) => void told.push([reason, status]),
      },
    });
    await rejectionOf(http.post(origin.url, 'body 0'));
    assert.deepEqual(
      origin.requests.map(({ headers, body }) => [headers['x-signature'], body]),
      [
        [undefined, 'body 0'],
        ['of retry 1', 'body 1'],
        ['of retry 2', 'body 2'],
      ],
    );
    assert.deepEqual(told, [['max-retries', 503]]);
  }),
];
