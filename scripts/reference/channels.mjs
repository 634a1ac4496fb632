// The channels, what is sent on each, and one message of every kind.
import { channel } from 'node:diagnostics_channel';

/** By channel: the type of its messages, and when they come. */
export const CHANNELS = {
  'axios-policy:attempt': [
    'AttemptMessage',
    '`start` and `end` of every attempt. Headers that are set on `config` at the start are sent',
  ],
  'axios-policy:retry': ['RetryMessage', 'before the delay of a retry'],
  'axios-policy:giveup': ['GiveUpMessage', 'a limit has ended the retries of a call'],
  'axios-policy:connect': ['ConnectMessage', '`start` of a new connection, then `ready` or `failed`'],
  'axios-policy:pool': ['PoolMessage', 'a connection is `kept` idle, `reused` or `closed`'],
};

/** Sends what a call sends that fails with a status, is retried, loses its connection, and is given up. */
export function publish() {
  const id = {};
  const about = {
    id,
    attempt: 2,
    resends: 1,
    method: 'GET',
    url: 'https://api.example.com/users',
    origin: 'https://api.example.com',
    elapsedMs: 5,
  };
  const config = { headers: {} };
  const failed = {
    ...about,
    config,
    retries: 1,
    remainingMs: 5,
    idempotent: true,
    kind: 'status',
    status: 503,
  };
  const tell = (name, message) => channel(name).publish(message);
  tell('axios-policy:attempt', { ...about, config, stage: 'start' });
  tell('axios-policy:attempt', { ...failed, stage: 'end', durationMs: 5, httpVersion: '1.1' });
  tell('axios-policy:retry', { ...failed, retry: 1, delayMs: 100, reason: 'status' });
  tell('axios-policy:giveup', { ...failed, reason: 'budget' });
}
