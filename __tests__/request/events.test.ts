import { inspect } from 'node:util';
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import type { Outcome, RetryEvent } from '../../lib/index.js';
import { failureOf } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { reply, reset } from '../helpers/origin.js';
import { start } from './setup.js';

const SECRET = /secret|hunter2/;

/** Every way in which a logger may print an event. */
const rendered = (event: object): string[] => [
  JSON.stringify(event),
  JSON.stringify({ event: [event] }),
  JSON.stringify({ ...event }),
  JSON.stringify(Object.assign({}, event)),
  JSON.stringify(structuredClone(event)),
  String(event),
  inspect(event, { depth: 20 }),
  inspect({ event }, { depth: 20, showHidden: true }),
  inspect(event, { depth: 20, showHidden: true, getters: true, showProxy: true }),
  inspect({ ...event }, { depth: 20, showHidden: true, getters: true }),
];

describe.each(AXIOS_COPIES)('the event of a hook, with $name', ({ axios }) => {
  async function eventsOf() {
    const events = new Map<string, Outcome[]>();
    const note = (name: string) => (event: Outcome) =>
      void (events.get(name) ?? events.set(name, []).get(name))?.push(event);
    const { origin, http } = await start({
      axios,
      client: { poolMaxIdlePerHost: 0 },
      retry: {
        maxRetries: 2,
        shouldRetry: note('shouldRetry') as never,
        onRetry: note('onRetry'),
        onGiveUp: note('onGiveUp'),
      },
    });
    const headers = { 'Set-Cookie': 'sid=secret-5' };
    origin.enqueue(
      reply({ status: 503, headers }),
      reset(),
      reply({ status: 503, headers, body: 'secret-6' }),
    );
    const error = await failureOf(
      http.put(`https://me:hunter2@localhost:${origin.port}/p?token=secret-1#secret-2`, 'secret-3', {
        params: { key: 'secret-4' },
        headers: { Cookie: 'secret-7', 'Proxy-Authorization': 'Basic secret-8', 'X-Api-Key': 'secret-9' },
      }),
    );
    return { events, error, origin };
  }

  it('shows what hooks are given without secrets, however it is printed', async () => {
    const { events, origin } = await eventsOf();
    expect([...events].map(([name, { length }]) => [name, length])).toEqual([
      ['shouldRetry', 3],
      ['onRetry', 2],
      ['onGiveUp', 1],
    ]);
    for (const event of [...events.values()].flat()) {
      for (const text of rendered(event)) expect(text).not.toMatch(SECRET);
      expect(JSON.parse(JSON.stringify(event))).toMatchObject({
        method: 'PUT',
        url: `https://localhost:${origin.port}/p`,
        idempotent: true,
      });
      expect({ ...event }).toMatchObject({ kind: event.kind, attempt: event.attempt });
    }
  });

  it('has the config, the error and the response for whoever asks', async () => {
    const { events, error } = await eventsOf();
    const [event] = events.get('onGiveUp') ?? [];
    const { config, error: own, response } = event as RetryEvent;
    expect(own).toBe(error);
    expect(response).toBe(error.response);
    expect((config as InternalAxiosRequestConfig).headers.get('X-Api-Key')).toBe('secret-9');
    expect((response as AxiosResponse).data).toBe('secret-6');
  });
});
