import axios, { type AxiosError } from 'axios';
import { KeepAlive } from '../../../lib/transport/http2/ping.js';
import { http2Client, overHttp2 } from '../../helpers/http2-client.js';
import { FRAME, startFrameOrigin } from '../../helpers/http2-frames.js';
import { delay, until } from '../../helpers/wait.js';

const start = async (options: Parameters<typeof http2Client>[0], answersPings = true) => {
  const origin = await startFrameOrigin(
    (peer, id) => {
      if (id === 1) peer.headers(id, { ':status': 200 }, true);
    },
    { answersPings },
  );
  const client = http2Client({
    http2Only: true,
    http2KeepAliveTimeoutMs: answersPings ? 5000 : 60,
    ...options,
  });
  const over = overHttp2(axios, client, { baseURL: origin.url });
  await over.api.get('/');
  const pings = () => origin.frames.filter(({ type, flags }) => type === FRAME.ping && flags === 0).length;
  return { origin, client, over, pings };
};

describe('PINGs of a session', () => {
  it('find a dead peer, and fail its requests as timeouts', async () => {
    const { origin, over, client } = await start({ http2KeepAliveIntervalMs: 40 }, false);
    const failures = [over.api.get('/'), over.api.get('/')].map((request) => request.catch((error) => error));
    for (const error of (await Promise.all(failures)) as AxiosError[]) {
      expect(error).toMatchObject({
        code: 'ETIMEDOUT',
        cause: { name: 'PingTimeoutError', policyCode: 'ERR_POLICY_PING_TIMEOUT', syscall: 'ping' },
      });
    }
    expect(over.exchange).toMatchObject({ phase: 'sent', neverProcessed: false, lostKeepAliveRace: false });
    await until(() => origin.openSockets === 0);
    await until(() => client.stats().length === 0);
  });

  it('fail a stream in the middle of its body with the same error', async () => {
    const origin = await startFrameOrigin(
      (peer, id) => void peer.headers(id, { ':status': 200 }).data(id, 10),
      {
        answersPings: false,
      },
    );
    const client = http2Client({
      http2Only: true,
      http2KeepAliveIntervalMs: 40,
      http2KeepAliveTimeoutMs: 40,
    });
    const error = await overHttp2(axios, client)
      .api.get(origin.url)
      .catch((reason) => reason);
    expect(error).toMatchObject({ code: 'ETIMEDOUT', cause: { name: 'PingTimeoutError' } });
  });

  it('keep a living peer, and tell how far it is', async () => {
    const { over, client, pings } = await start({ http2KeepAliveIntervalMs: 20 });
    const abort = new AbortController();
    const request = over.api.get('/', { signal: abort.signal }).catch(({ code }) => code);
    await until(() => pings() >= 4);
    expect(client.stats()[0]?.sessions[0]?.pingRoundTripMs).toBeGreaterThan(0);
    abort.abort();
    expect(await request).toBe('ERR_CANCELED');
  });

  it('go on while idle if so told', async () => {
    const { client, pings } = await start({ http2KeepAliveIntervalMs: 20, http2KeepAliveWhileIdle: true });
    await until(() => client.stats()[0]?.sessions[0]?.state === 'idle');
    const before = pings();
    await until(() => pings() >= before + 3);
  });

  it('rest while idle if not', async () => {
    const { client, pings } = await start({ http2KeepAliveIntervalMs: 20 });
    await until(() => client.stats()[0]?.sessions[0]?.state === 'idle');
    const before = pings();
    await delay(100);
    expect(pings()).toBe(before);
  });

  it('close a dead session while idle', async () => {
    const { origin, client } = await start(
      { http2KeepAliveIntervalMs: 20, http2KeepAliveWhileIdle: true },
      false,
    );
    await until(() => origin.openSockets === 0);
    await until(() => client.stats().length === 0);
  });

  it('are not sent where there is no interval', async () => {
    const { pings } = await start({ http2KeepAliveIntervalMs: false, http2KeepAliveWhileIdle: true });
    await delay(50);
    expect(pings()).toBe(0);
  });
});

describe('a keep-alive', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  function setUp({
    intervalMs = 100 as number | false,
    timeoutMs = 50,
    whileIdle = false,
    activeStreams = 1,
  } = {}) {
    const acks: ((error: Error | null, roundTripMs: number) => void)[] = [];
    const state = { bytesRead: 0, activeStreams };
    const peer = {
      ping: (onAck: (typeof acks)[number]) => void acks.push(onAck),
      bytesRead: () => state.bytesRead,
      activeStreams: () => state.activeStreams,
    };
    const onDead = jest.fn();
    const options = {
      http2KeepAliveIntervalMs: intervalMs,
      http2KeepAliveTimeoutMs: timeoutMs,
      http2KeepAliveWhileIdle: whileIdle,
    };
    return { acks, state, onDead, keepAlive: new KeepAlive(peer, options, onDead) };
  }

  it('sends a PING after an interval without a frame', () => {
    const { acks, keepAlive } = setUp();
    jest.advanceTimersByTime(99);
    keepAlive.heard();
    jest.advanceTimersByTime(99);
    expect(acks).toHaveLength(0);
    jest.advanceTimersByTime(1);
    expect(acks).toHaveLength(1);
  });

  it('is not put off by what is sent', () => {
    const { acks, keepAlive } = setUp();
    jest.advanceTimersByTime(99);
    keepAlive.begin();
    jest.advanceTimersByTime(1);
    expect(acks).toHaveLength(1);
  });

  it('gives the peer up when its answer is not there in time', () => {
    const { onDead } = setUp();
    jest.advanceTimersByTime(149);
    expect(onDead).not.toHaveBeenCalled();
    jest.advanceTimersByTime(2);
    expect(onDead).toHaveBeenCalledTimes(1);
    jest.advanceTimersByTime(1000);
    expect(onDead).toHaveBeenCalledTimes(1);
  });

  it('begins a new interval with the answer, and ignores one that failed', () => {
    const { acks, onDead, keepAlive } = setUp();
    jest.advanceTimersByTime(100);
    acks[0]?.(null, 7);
    expect(keepAlive.roundTripMs).toBe(7);
    jest.advanceTimersByTime(100);
    expect(acks).toHaveLength(2);
    acks[1]?.(new Error('canceled'), 0);
    jest.advanceTimersByTime(51);
    expect(onDead).toHaveBeenCalledTimes(1);
  });

  it('takes an answer that is read after its time is up, but before anything else', () => {
    const { acks, onDead } = setUp();
    jest.advanceTimersByTime(100);
    // The timer has fired, the input after it was not looked at yet.
    jest.advanceTimersByTime(50);
    acks[0]?.(null, 50);
    jest.advanceTimersByTime(1);
    expect(onDead).not.toHaveBeenCalled();
  });

  it('goes on waiting while other bytes arrive', () => {
    const { state, onDead } = setUp();
    jest.advanceTimersByTime(120);
    state.bytesRead += 1000;
    jest.advanceTimersByTime(60);
    expect(onDead).not.toHaveBeenCalled();
    jest.advanceTimersByTime(60);
    expect(onDead).toHaveBeenCalledTimes(1);
  });

  it('rests without streams, and begins again with the next', () => {
    const { acks, state, keepAlive } = setUp({ activeStreams: 0 });
    jest.advanceTimersByTime(1000);
    expect(acks).toHaveLength(0);
    state.activeStreams = 1;
    keepAlive.begin();
    jest.advanceTimersByTime(100);
    expect(acks).toHaveLength(1);
  });

  it('has no timer left when it is stopped, nor ever without an interval', () => {
    const { keepAlive } = setUp();
    jest.advanceTimersByTime(150);
    keepAlive.stop();
    keepAlive.begin();
    keepAlive.heard();
    expect(jest.getTimerCount()).toBe(0);
    setUp({ intervalMs: false });
    expect(jest.getTimerCount()).toBe(0);
  });
});
