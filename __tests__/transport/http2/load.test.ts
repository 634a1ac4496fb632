import { runChild } from '../../helpers/child.js';
import { startHttp2Origin } from '../../helpers/http2-origin.js';

describe('the code for HTTP/2 that cannot be loaded', () => {
  /** Fails the first imports of it, as a process without a free file descriptor does. */
  const failing = (times: number) => `
    const Module = require('node:module');
    const load = Module._load;
    let left = ${times};
    Module._load = function (name, ...rest) {
      if (left > 0 && name === './client.js') {
        left -= 1;
        throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
      }
      return load.call(this, name, ...rest);
    };
    const http = axios.create();
    const client = { http2Only: true, allowHttp: true };
    attachPolicy(http, { client, retry: false });
    const get = () => http.get(process.env.ORIGIN).then(({ data }) => data, ({ code }) => code);`;

  async function printed(script: string): Promise<string[]> {
    const origin = await startHttp2Origin({ tls: false });
    const { stdout } = await runChild(script, { ORIGIN: origin.url, NODE_NO_WARNINGS: '1' });
    return stdout.trim().split('\n');
  }

  it('ends no process when a policy is attached, and is tried anew by the first request', async () => {
    const script = `${failing(1)} setTimeout(async () => console.log(await get()), 20);`;
    expect(await printed(script)).toEqual(['Hello World']);
  });

  it('fails the requests that wait for it, and not the next ones', async () => {
    const script = `${failing(1)} (async () => {
      console.log((await Promise.all([get(), get()])).join());
      console.log(await get());
    })();`;
    expect(await printed(script)).toEqual(['EMFILE,EMFILE', 'Hello World']);
  });
});
