import { attached, failureOf } from '../helpers/attached.js';
import { respond, startHttp2Origin } from '../helpers/http2-origin.js';

/** A server whose connections beyond the first serve the name that is asked for, or none do. */
async function setUp(misdirects: (session: number) => boolean) {
  const origin = await startHttp2Origin();
  origin.always((call) => {
    const number = origin.sessions.indexOf(call.session) + 1;
    respond({ status: misdirects(number) ? 421 : 200, body: `session ${number}` })(call);
  });
  return { origin, ...attached({ client: { http2Only: true } }) };
}

describe('a request that an HTTP/2 connection answers with 421 Misdirected Request', () => {
  it.each(['get', 'post'] as const)('goes to another one, also if it is a %s', async (method) => {
    const { origin, http } = await setUp((session) => session === 1);
    const response = await http.request({
      method,
      url: origin.url,
      data: method === 'post' ? 'x' : undefined,
    });
    expect(response.data).toBe('session 2');
    expect(origin.requests).toHaveLength(2);
  });

  it('fails with the answer if that one says the same', async () => {
    const { origin, http } = await setUp(() => true);
    const error = await failureOf(http.get(origin.url));
    expect(error.response?.status).toBe(421);
    expect(origin.requests).toHaveLength(2);
  });

  it('is not sent again if its body cannot be', async () => {
    const { origin, http } = await setUp((session) => session === 1);
    const { Readable } = await import('node:stream');
    const error = await failureOf(http.post(origin.url, Readable.from(['x'])));
    expect(error.response?.status).toBe(421);
    expect(origin.requests).toHaveLength(1);
  });
});
