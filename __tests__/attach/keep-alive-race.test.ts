import { getPolicyMetadata } from '../../lib/index.js';
import { failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { hangUp, never, partialHead, reply, reset, slow } from '../helpers/origin.js';
import { delay, until } from '../helpers/wait.js';
import { start, unavailable } from './setup.js';

describe.each(AXIOS_COPIES)('with $name', ({ axios }) => {
  /** A pool with one idle connection in it. */
  async function warmed(options: Parameters<typeof start>[0] = { axios }) {
    const started = await start(options);
    await started.http.get('/warm');
    return started;
  }

  describe.each([
    ['reset', reset()],
    ['closed', hangUp()],
  ])('given a reused connection that is %s before a byte of the answer', (_how, lost) => {
    it.each(['get', 'put', 'post', 'patch', 'delete'])(
      'sends a %s once more, on a new connection',
      async (method) => {
        const { origin, http, policy } = await warmed();
        origin.enqueue(lost);
        const response = await http.request({ url: '/', method, data: 'body' });
        expect(response.status).toBe(200);
        const [, first, second] = origin.requests;
        expect(first).toMatchObject({ socketId: 1, requestOnSocket: 2 });
        expect(second).toMatchObject({ socketId: 2, requestOnSocket: 1 });
        expect(second?.body).toEqual(first?.body);
        expect(origin.requests).toHaveLength(3);
        expect(getPolicyMetadata(response)).toMatchObject({ attempts: 1, retries: 0, outcomes: [] });
        expect(policy.stats()).toMatchObject({ retries: 0 });
      },
    );

    it.each([
      ['a plain request', {}],
      ['a request of axios’ adapter', { onDownloadProgress: () => undefined }],
    ])('passes over other idle connections, which may be as dead, for %s', async (_request, config) => {
      const { origin, http } = await start({ axios });
      await Promise.all([http.get('/a'), http.get('/b'), http.get('/c')]);
      const before = origin.connections;
      origin.enqueue(lost);
      await http.post('/', 'x', config);
      expect(origin.requests.at(-1)?.socketId).toBe(before + 1);
    });

    it('needs no retry to be left, nor retries at all', async () => {
      const { origin, http } = await warmed({ axios, retry: false });
      origin.enqueue(lost);
      expect((await http.post('/', 'x')).status).toBe(200);
    });

    it('does not send it again where the request forbids it', async () => {
      const { origin, http } = await warmed();
      origin.enqueue(lost);
      const error = await failureOf(http.post('/', 'x', { policy: { idempotent: false } }));
      expect(error.code).toBe('ECONNRESET');
      expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1, giveUp: 'not-idempotent' });
      expect(origin.requests).toHaveLength(2);
    });

    it('bounds both requests by one timeout', async () => {
      // Over plain http: no handshake takes of the time that is limited.
      const { origin, http } = await warmed({ axios, client: { timeout: 400 }, retry: false, tls: false });
      origin.enqueue(slow(200, lost), never());
      const failure = failureOf(http.post('/', 'x'));
      // With a limit of its own the second request would have had until 600. On whatever machine, timers keep their order.
      const tooLate = delay(500).then(() => new Error('too late'));
      expect((await Promise.race([failure, tooLate])).message).toBe('timeout of 400ms exceeded');
      expect(origin.requests).toHaveLength(3);
    });

    it('takes a second loss for an ordinary one: final for a POST', async () => {
      const { origin, http } = await warmed();
      origin.enqueue(lost, lost);
      const error = await failureOf(http.post('/', 'x'));
      expect(getPolicyMetadata(error)).toMatchObject({
        attempts: 1,
        outcomes: [{ kind: 'dropped' }],
        giveUp: 'not-idempotent',
      });
      expect(origin.requests).toHaveLength(3);
    });

    it('takes a second loss for an ordinary one: a retry for a GET', async () => {
      const { origin, http } = await warmed();
      origin.enqueue(lost, lost);
      const response = await http.get('/');
      expect(getPolicyMetadata(response)).toMatchObject({ attempts: 2, outcomes: [{ kind: 'dropped' }] });
      expect(origin.requests).toHaveLength(4);
    });

    it('counts the retry of what the second connection answers', async () => {
      const { origin, http } = await warmed();
      origin.enqueue(lost, unavailable(), reply({ body: 'there' }));
      const response = await http.post('/', 'x');
      expect(response.data).toBe('there');
      expect(getPolicyMetadata(response)).toMatchObject({ attempts: 2, outcomes: [{ status: 503 }] });
    });
  });

  describe('given a server that closed its idle connections', () => {
    it.each(['fin', 'rst'] as const)('reaches it again without a failure (%s)', async (how) => {
      const { origin, http } = await warmed();
      origin.endConnections(how);
      const responses = await Promise.all([http.post('/', 'x'), http.post('/', 'y')]);
      expect(responses.map((response) => getPolicyMetadata(response)?.attempts)).toEqual([1, 1]);
      const bodies = new Set(origin.requests.slice(1).map(({ body }) => body.toString()));
      expect(bodies).toEqual(new Set(['x', 'y']));
    });
  });

  describe('given what is no such race', () => {
    it('does not send a POST again whose answer had begun', async () => {
      const { origin, http } = await warmed();
      origin.enqueue(partialHead('HTTP/1.1 2'));
      const error = await failureOf(http.post('/', 'x'));
      expect(getPolicyMetadata(error)?.giveUp).toBe('not-idempotent');
      expect(origin.requests).toHaveLength(2);
    });

    it('does not send a POST again that was lost on a new connection', async () => {
      const { origin, http } = await start({ axios });
      origin.enqueue(reset());
      await failureOf(http.post('/', 'x'));
      expect(origin.requests).toHaveLength(1);
    });

    it('does not send a POST again that timed out on a reused connection', async () => {
      const { origin, http } = await warmed();
      origin.enqueue(never());
      const error = await failureOf(http.post('/', 'x', { timeout: 300 }));
      expect(error.code).toBe('ECONNABORTED');
      expect(origin.requests).toHaveLength(2);
    });

    it('does not send a POST again that was cancelled on a reused connection', async () => {
      const { origin, http } = await warmed();
      origin.enqueue(never());
      const controller = new AbortController();
      const failure = failureOf(http.post('/', 'x', { signal: controller.signal }));
      await until(() => origin.requests.length === 2);
      controller.abort();
      expect(axios.isCancel(await failure)).toBe(true);
      expect(origin.requests).toHaveLength(2);
    });
  });
});
