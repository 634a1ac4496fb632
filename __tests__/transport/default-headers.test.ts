import type { IncomingHttpHeaders } from 'node:http';
import { inspect } from 'node:util';
import { attached } from '../helpers/attached.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { startHttp2Origin } from '../helpers/http2-origin.js';
import { startOrigin } from '../helpers/origin.js';

describe.each(AXIOS_COPIES)('client.defaultHeaders, with $name', ({ axios }) => {
  const defaultHeaders = {
    'X-Api-Key': 's3cret',
    'X-Team': 'web',
    'User-Agent': 'team/1',
    'Content-Type': 'application/vnd.team+json',
  };

  it('go with every request that does not carry them', async () => {
    const origin = await startOrigin();
    const { http } = attached({ axios, client: { defaultHeaders } });
    await http.get(origin.url);
    await http.get(origin.url);
    await http.post(origin.url, { a: 1 }, { headers: { 'x-team': 'own' } });
    const seen = origin.requests.map(({ headers }: { headers: IncomingHttpHeaders }) => [
      headers['x-api-key'],
      headers['x-team'],
      headers['user-agent'],
    ]);
    expect(seen).toEqual([
      ['s3cret', 'web', 'team/1'],
      ['s3cret', 'web', 'team/1'],
      ['s3cret', 'own', 'team/1'],
    ]);
    expect(origin.requests[2]?.headers['content-type']).toBe('application/vnd.team+json');
    expect(origin.requests[2]?.body.toString()).toBe('{"a":1}');
  });

  it("leave the instance's headers, and requests with policy: false, as they are", async () => {
    const origin = await startOrigin();
    const { http } = attached({
      axios,
      client: { defaultHeaders },
      defaults: { headers: { 'X-Team': 'of the instance' } },
    });
    await http.get(origin.url);
    await http.get(origin.url, { policy: false });
    expect(origin.requests.map(({ headers }) => [headers['x-team'], headers['x-api-key']])).toEqual([
      ['of the instance', 's3cret'],
      ['of the instance', undefined],
    ]);
    expect(http.defaults.headers).not.toHaveProperty('X-Api-Key');
  });
});

it('Default headers go with requests over HTTP/2, and are shown by no rendering of the policy', async () => {
  const origin = await startHttp2Origin();
  const defaultHeaders = { 'X-Api-Key': 's3cret' };
  const { http, policy } = attached({ client: { defaultHeaders, http2Only: true } });
  await http.get(origin.url);
  await http.get(origin.url);
  expect(origin.requests.map(({ headers }) => headers['x-api-key'])).toEqual(['s3cret', 's3cret']);
  expect(`${JSON.stringify(policy.config)}${inspect(policy.config, { depth: 9 })}`).not.toContain('s3cret');
});

it.each([undefined, 16_384, 1_048_576, 16_777_215])(
  'An HTTP/2 server is told of http2MaxFrameSize: %s',
  async (http2MaxFrameSize) => {
    const origin = await startHttp2Origin();
    const { http } = attached({ client: { http2Only: true, http2MaxFrameSize } });
    await http.get(origin.url);
    expect(origin.sessions[0]?.remoteSettings.maxFrameSize).toBe(http2MaxFrameSize ?? 16_384);
  },
);
