// What every consumer does, whatever it loads axios and the package with.
const assert = require('node:assert/strict');
const { once } = require('node:events');
const { createServer } = require('node:http');

module.exports = async function scenario(axios, { attachPolicy, getPolicyMetadata, PolicyConfigError }) {
  let hits = 0;
  const origin = createServer((_request, response) => {
    hits += 1;
    response.statusCode = hits < 3 ? 503 : 200;
    response.end('ok');
  });
  await once(origin.listen(0, '127.0.0.1'), 'listening');

  const http = axios.create({ baseURL: `http://127.0.0.1:${origin.address().port}` });
  const policy = attachPolicy(http, {
    client: { allowHttp: true, proxyUrl: false },
    retry: { backoff: { initBackoff: '5ms', maxBackoff: '5ms' } },
  });
  const response = await http.get('/');
  assert.equal(response.data, 'ok');
  assert.equal(getPolicyMetadata(response).attempts, 3);
  assert.equal(hits, 3);

  assert.throws(
    () => attachPolicy(axios.create(), { client: { timout: 1 } }),
    (error) => error instanceof PolicyConfigError && /timout.*timeout/s.test(error.message),
  );
  await policy.close();
  origin.close();
  console.log('200 after 3 attempts');
};
