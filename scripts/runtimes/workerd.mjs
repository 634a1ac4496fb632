// The package in workerd, as Cloudflare's workers run it: attached at module level, requests by axios' fetch adapter.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { cachedPackages } from '../cached-packages.mjs';

const MINIFLARE = '4.20260730.0';

const WORKER = `
  import axios from 'axios';
  import { attachPolicy, getPolicyMetadata } from 'axios-policy';

  const http = axios.create({ adapter: 'fetch' });
  attachPolicy(http, { client: { allowHttp: true, timeout: '5s' }, retry: { backoff: { initBackoff: 5, maxBackoff: 5 } } });

  export default {
    async fetch(_request, env) {
      const response = await http.get(env.ORIGIN + '/busy-once/workerd');
      const { attempts } = getPolicyMetadata(response);
      return Response.json({ data: response.data, attempts });
    },
  };
`;

/** As a bundler for workers does it: with the conditions of workerd. */
async function bundle(folder) {
  const entry = join(folder, 'worker.mjs');
  const build = await rolldown({
    input: entry,
    cwd: folder,
    platform: 'browser',
    resolve: { conditionNames: ['workerd', 'worker', 'browser', 'import', 'default'] },
    plugins: [
      {
        name: 'worker',
        load: (id) => (id === entry ? WORKER : null),
        resolveId: (id) => (id === entry ? id : null),
      },
    ],
  });
  const { output } = await build.generate({ format: 'esm' });
  await build.close();
  return output[0].code;
}

/** @returns what is to be told of it. */
export async function runInWorkerd(folder, world) {
  let packages;
  try {
    packages = cachedPackages(`miniflare-${MINIFLARE}`, `miniflare@${MINIFLARE}`);
  } catch (error) {
    return `workerd cannot be had here, and is not tried: ${error.message.split('\n')[0]}`;
  }
  const path = createRequire(join(packages, 'package.json')).resolve('miniflare');
  const { Miniflare } = await import(pathToFileURL(path).href);
  const worker = new Miniflare({
    modules: true,
    script: await bundle(folder),
    compatibilityDate: '2026-01-01',
    bindings: { ORIGIN: world.http },
  });
  try {
    const answer = await worker.dispatchFetch('http://localhost/');
    assert.deepEqual(await answer.json(), { data: 'Hello World', attempts: 2 });
    return 'workerd: attached at module level, 200 after 2 attempts';
  } finally {
    await worker.dispose();
  }
}
