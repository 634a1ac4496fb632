// The channels, what is sent on each, and one message of every kind.
import { channel } from 'node:diagnostics_channel';
import { docOf } from './source.mjs';

/** When messages come on a channel; of others, the documentation of their messages says it. */
const WHEN = {
  'axios-policy:attempt':
    '`start` and `end` of every attempt. Headers that are set on `config` at the start are sent',
  'axios-policy:retry': 'before the delay of a retry',
  'axios-policy:giveup': 'a limit has ended the retries of a call',
  'axios-policy:address': 'an address of a name is `ejected`, or `used` again',
  'axios-policy:connect': '`start` of a new connection, then `ready` or `failed`',
  'axios-policy:pool': 'a connection is `kept` idle, `reused` or `closed`',
};

/**
 * The channels that the documentation of exported types names, in the order of `WHEN`.
 *
 * @param {import('./source.mjs').Source} source
 * @returns {{ channel: string, type: string, when: string }[]}
 */
export function channelsOf(source) {
  const found = source.names.flatMap((type) => {
    const { text } = docOf(source.declarationOf(type));
    const [whole, name] = /^A message of the channel `(axios-policy:\w+)`[:.,]?\s*/.exec(text) ?? [];
    return name === undefined ? [] : [{ channel: name, type, when: WHEN[name] ?? text.slice(whole.length) }];
  });
  const order = Object.keys(WHEN);
  const rank = ({ channel }) => (order.includes(channel) ? order.indexOf(channel) : order.length);
  return found.sort((one, other) => rank(one) - rank(other));
}

/** Sends what a call sends that fails with a status, is retried, loses its connection, and is given up. */
export function publish() {
  const id = {};
  const about = {
    id,
    name: 'prices',
    attempt: 2,
    resends: 1,
    method: 'GET',
    url: 'https://api.example.com/users',
    origin: 'https://api.example.com',
    elapsedMs: 5,
  };
  const config = { headers: {} };
  const timings = { queuedMs: 0, dnsMs: 1, connectMs: 1, tlsMs: 1, firstByteMs: 1, bodyMs: 1, reused: false };
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
  tell('axios-policy:attempt', { ...failed, stage: 'end', durationMs: 5, httpVersion: '1.1', timings });
  tell('axios-policy:retry', { ...failed, retry: 1, delayMs: 100, reason: 'status' });
  tell('axios-policy:giveup', { ...failed, reason: 'budget' });
}
