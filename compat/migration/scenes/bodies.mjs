// @ts-check
import { Agent } from 'node:http';
import { Readable } from 'node:stream';
import { getPolicyMetadata } from 'axios-policy';
import { meet } from '../sides.mjs';
import { mayHang, requests } from './telling.mjs';

/** @typedef {import('./telling.mjs').Scene} Scene */

/** @type {Scene} */
export async function streamUpload(side) {
  const {
    value,
    error,
    requests: list,
  } = await meet(side(), [503, 200], (http) => http.put('/r', Readable.from([Buffer.from('content')])));
  const sizes = list.map(({ bytes }) => bytes.length).join(', then ');
  const end = value?.status ?? `${error.response?.status}, \`${getPolicyMetadata(error)?.giveUp}\``;
  return `${sizes} bytes: ${end}`;
}

/** @type {Scene} */
export async function form(side) {
  const request = mayHang((http, signal) => http.putForm('/r', { name: 'value' }, { signal }));
  const { value: hung, requests: list } = await meet(side(), [503, 200], request);
  if (hung) return 'hangs';
  return list.length === 2 && list[0]?.body === list[1]?.body ? 'the same bytes twice' : 'other bytes';
}

/** @type {Scene} */
export async function transformed(side) {
  const { requests: list } = await meet(side(), [503, 200], (http) =>
    http.put('/r', 'body', { transformRequest: (data) => `<${data}` }),
  );
  return list.map(({ body }) => `\`${body}\``).join(', then ');
}

/** @type {Scene} */
export async function unreadBodies(side) {
  const attach = side();
  /** @type {import('../sides.mjs').Attach} */
  const withOneSocket = (http) => {
    http.defaults.httpAgent = new Agent({ keepAlive: true, maxSockets: 1 });
    return attach(http);
  };
  const request = mayHang((http, signal) =>
    http.get('/r', { responseType: 'stream', signal }).catch(({ response }) => response?.data.destroy()),
  );
  const result = await meet(withOneSocket, [503], request);
  return result.value ? 'hangs' : requests(result);
}

/** @type {Scene} */
export async function drip(side) {
  const { value, error } = await meet(
    side(),
    (_req, res) => {
      const timer = setInterval(() => res.write('.'), 25);
      setTimeout(() => res.end(), 1200);
      res.on('close', () => clearInterval(timer));
      res.on('finish', () => clearInterval(timer));
      res.write('.');
    },
    (http) => http.post('/r', 'x', { timeout: 600 }),
  );
  return value === undefined ? `\`${error.code}\`` : `${value.status}, after twice that time`;
}
