import { getPolicyMetadata } from '../../../lib/index.js';
import { attached, failureOf, policyCodeOf } from '../../helpers/attached.js';
import { startHttp2Origin } from '../../helpers/http2-origin.js';

const large = (bytes: number) => ({ 'X-Large': 'x'.repeat(bytes) });

/** A policy over HTTP/2 to a server with these settings. */
async function start(settings: object = {}) {
  const origin = await startHttp2Origin({ tls: false, server: { settings } });
  const { http } = attached({
    client: { http2Only: true },
    retry: { maxRetries: 2, backoff: { initBackoff: 1 } },
    defaults: { baseURL: origin.url },
  });
  return { origin, http };
}

describe.each(['first', 'later'] as const)('header fields of the %s request', (when) => {
  it.each([
    ['Node sends', {}, 70_000, /7\d{4} bytes, more than the 65536 that Node sends/],
    [
      'the server takes',
      { maxHeaderListSize: 8000 },
      9000,
      /9\d{3} bytes, more than the 8000 that the server takes/,
    ],
  ])('that are more than %s fail it for good, and nothing else', async (_what, settings, bytes, message) => {
    const { origin, http } = await start(settings);
    if (when === 'later') await http.get('/');
    const error = await failureOf(http.get('/', { headers: large(bytes) }));
    expect(error.message).toMatch(message);
    expect(policyCodeOf(error)).toBe('ERR_POLICY_HTTP2_STREAM');
    expect(getPolicyMetadata(error)).toMatchObject({ attempts: 1, giveUp: 'not-retryable' });
    expect((await http.get('/')).status).toBe(200);
    expect(origin.requests).toHaveLength(when === 'later' ? 2 : 1);
    expect(origin.connections).toBe(1);
  });

  it('that are just small enough are sent', async () => {
    const { origin, http } = await start({ maxHeaderListSize: 1_000_000 });
    if (when === 'later') await http.get('/');
    await http.get('/', { headers: large(65_000) });
    expect(origin.requests.at(-1)?.headers['x-large']).toHaveLength(65_000);
  });
});
