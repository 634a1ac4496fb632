import { runChild } from '../helpers/child.js';
import { closedPort } from '../helpers/faults.js';

describe('given a process with nothing else to do', () => {
  it('lives until a request has had its retries, and ends by itself then', async () => {
    const { stdout, stderr } = await runChild(`
      const http = axios.create();
      attachPolicy(http, { retry: { maxRetries: 2, backoff: { initBackoff: 30, maxBackoff: 30 } } });
      http.get('https://127.0.0.1:${await closedPort()}/').catch(({ code }) => console.log(code));
    `);
    expect(stdout.trim()).toBe('ECONNREFUSED');
    expect(stderr).toBe('');
  }, 20_000);

  it('ends by itself with a policy that was never used, or detached', async () => {
    const { stdout } = await runChild(`
      attachPolicy(axios.create());
      attachPolicy(axios).detach();
      console.log('attached');
    `);
    expect(stdout.trim()).toBe('attached');
  }, 20_000);
});
