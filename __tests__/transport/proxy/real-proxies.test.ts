import { writeFile } from 'node:fs/promises';
import type { Agent } from 'node:http';
import { join } from 'node:path';
import type { AxiosRequestConfig } from 'axios';
import axios from 'axios';
import { parseProxyUrl } from '../../../lib/config/proxy-url.js';
import type { Route } from '../../../lib/transport/proxy/route.js';
import { SocketRegistry } from '../../../lib/transport/socket-registry.js';
import * as certs from '../../helpers/certs.js';
import { atEnd } from '../../helpers/cleanup.js';
import type { TcpServer } from '../../helpers/faults.js';
import { closedPort, portToTake, startRelay } from '../../helpers/faults.js';
import type { Origin } from '../../helpers/origin.js';
import { handler, redirect, reply, startOrigin } from '../../helpers/origin.js';
import { findProgram, runServer, temporaryDirectory } from '../../helpers/real-server.js';
import { proxyAgentFor, routeWith } from '../../helpers/route.js';
import { until } from '../../helpers/wait.js';

const USER = 'user';
const PASSWORD = 's3cr3t';
/** `PASSWORD` as `htpasswd -m` has it. */
const PASSWORD_HASH = '$apr1$abcdefgh$W/owtJsS3q.qcvy7Rehe1.';

/** A proxy of the operating system, and how it is told to serve tests. */
interface RealProxy {
  readonly name: string;
  /** @param connectPorts the only ports it may open tunnels to. */
  config(options: { port: number; connectPorts: readonly number[]; passwords: string }): string;
  args(configFile: string): string[];
}

const SQUID: RealProxy = {
  name: 'squid',
  config: ({ port, connectPorts, passwords }) => `
http_port 127.0.0.1:${port}
visible_hostname test.invalid
pid_filename none
cache_log /dev/null
access_log none
netdb_filename none
pinger_enable off
cache deny all
max_filedescriptors 1024
shutdown_lifetime 0 seconds
auth_param basic program ${findProgram('basic_ncsa_auth')} ${passwords}
auth_param basic children 1 startup=1
acl known proxy_auth REQUIRED
acl tunneled port ${connectPorts.join(' ')}
acl CONNECT method CONNECT
http_access deny !known
http_access deny CONNECT !tunneled
http_access allow all
`,
  args: (configFile) => ['-N', '-f', configFile],
};

const TINYPROXY: RealProxy = {
  name: 'tinyproxy',
  config: ({ port, connectPorts }) => `
Port ${port}
Listen 127.0.0.1
Allow 127.0.0.1
Timeout 60
MaxClients 50
LogLevel Critical
${connectPorts.map((connectPort) => `ConnectPort ${connectPort}`).join('\n')}
BasicAuth ${USER} ${PASSWORD}
`,
  args: (configFile) => ['-d', '-c', configFile],
};

/** Runs the proxy until the test ends; the relay in front of it counts connections. */
async function start(proxy: RealProxy, program: string, connectPorts: readonly number[]): Promise<TcpServer> {
  const port = await portToTake();
  const directory = await temporaryDirectory();
  const passwords = join(directory, 'passwords');
  const configFile = join(directory, 'proxy.conf');
  await writeFile(passwords, `${USER}:${PASSWORD_HASH}\n`);
  await writeFile(configFile, proxy.config({ port, connectPorts, passwords }));
  await runServer(program, proxy.args(configFile), [port]);
  return startRelay(port);
}

/** Axios options that lead through the proxy as a policy's do. */
function through(
  relay: TcpServer,
  credentials = `${USER}:${PASSWORD}@`,
): AxiosRequestConfig & { agents: Route } {
  const parsed = parseProxyUrl(`http://${credentials}${relay.host}`);
  if (!parsed.ok) throw new Error(parsed.expected);
  const sockets = new SocketRegistry();
  atEnd(() => sockets.destroyAll());
  const pool = { connectTimeoutMs: 5_000, poolIdleTimeoutMs: 5_000, poolMaxIdlePerHost: 10, sockets };
  const agents = routeWith({
    client: { proxyUrl: parsed.value, userAgent: 'policy/1' },
    pool,
    tls: { handshake: {}, material: { ca: certs.ca } },
  });
  const agent = (protocol: 'http:' | 'https:'): Agent | undefined =>
    proxyAgentFor(agents, protocol, { host: 'any.test' });
  return {
    agents,
    httpAgent: agent('http:'),
    httpsAgent: agent('https:'),
    proxy: false,
    validateStatus: () => true,
  };
}

const idleIn = (agents: Route): number =>
  agents.pools().reduce((sum, { agent }) => sum + Object.values(agent.freeSockets).flat().length, 0);

interface Failure extends Error {
  code?: string;
  cause?: { proxyStatus?: number; policyCode?: string };
}

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const outcome = await promise.then(
    () => new Error('no failure'),
    (error: Error) => error,
  );
  return outcome as Failure;
}

describe.each([SQUID, TINYPROXY])('through $name', (proxy) => {
  const program = findProgram(proxy.name);
  if (program === undefined) {
    it('nothing can be tried here, because it is not installed', () => {
      expect(findProgram(proxy.name)).toBeUndefined();
    });
    return;
  }

  let relay: TcpServer;
  let plain: Origin;
  let secure: Origin;
  let downPort: number;
  beforeAll(async () => {
    [plain, secure, downPort] = await Promise.all([startOrigin(), startOrigin({ tls: true }), closedPort()]);
    relay = await start(proxy, program, [secure.port, downPort]);
  }, 30_000);

  const connectionsDuring = async (action: () => Promise<unknown>): Promise<number> => {
    const before = relay.sockets.length;
    await action();
    return relay.sockets.length - before;
  };

  it('six requests to two https hosts take two connections', async () => {
    const options = through(relay);
    const connections = await connectionsDuring(async () => {
      for (let i = 0; i < 3; i += 1) {
        expect((await axios.get(`https://localhost:${secure.port}/`, options)).data).toBe('Hello World');
        expect((await axios.get(`https://127.0.0.1:${secure.port}/`, options)).data).toBe('Hello World');
      }
    });
    expect(connections).toBe(2);
  });

  it('six requests to two http hosts take one connection, or one each if the proxy keeps none', async () => {
    const options = through(relay);
    const keeps = proxy.name === 'squid';
    const connections = await connectionsDuring(async () => {
      for (const host of ['localhost', '127.0.0.1', 'localhost', '127.0.0.1', 'localhost', '127.0.0.1']) {
        expect((await axios.get(`http://${host}:${plain.port}/`, options)).data).toBe('Hello World');
        // tinyproxy does not say that it will close the connection, but does. Do not run into it.
        if (!keeps) await until(() => idleIn(options.agents) === 0);
      }
    });
    expect(connections).toBe(keeps ? 1 : 6);
  });

  it.each(['http', 'https'])('megabytes go to an %s origin and come back unharmed', async (scheme) => {
    const origin = scheme === 'http' ? plain : secure;
    origin.enqueue(handler((_request, response, { body }) => void response.end(body)));
    const body = Buffer.alloc(3_000_000, 'abcdefghijklmnopqrstuvwxyz');
    const { data } = await axios.put<Buffer>(origin.url, body, {
      ...through(relay),
      responseType: 'arraybuffer',
    });
    expect(body.equals(data)).toBe(true);
  });

  it('redirects go from http to https and back, without the credentials of the proxy', async () => {
    const seen = [plain.requests.length, secure.requests.length];
    plain.enqueue(redirect(302, `${secure.url}/second`));
    secure.enqueue(redirect(302, `${plain.url}/third`));
    expect((await axios.get(`${plain.url}/first`, through(relay))).status).toBe(200);
    const requests = [...plain.requests.slice(seen[0]), ...secure.requests.slice(seen[1])];
    expect(requests.map(({ url }) => url)).toEqual(['/first', '/third', '/second']);
    expect(requests.filter(({ headers }) => 'proxy-authorization' in headers)).toEqual([]);
  });

  it('the answer of the origin comes through, whatever its status', async () => {
    plain.enqueue(reply({ status: 503 }));
    secure.enqueue(reply({ status: 407 }));
    expect((await axios.get(plain.url, through(relay))).status).toBe(503);
    expect((await axios.get(secure.url, through(relay))).status).toBe(407);
  });

  it('a tunnel to a port that is not allowed is refused: ERR_POLICY_PROXY_TUNNEL with 403', async () => {
    const error = await failureOf(axios.get(`https://127.0.0.1:${plain.port}/`, through(relay)));
    expect(error).toMatchObject({ code: 'ERR_POLICY_PROXY_TUNNEL', cause: { proxyStatus: 403 } });
    expect(error.message).not.toContain(PASSWORD);
  });

  it('no credentials are ERR_POLICY_PROXY_AUTH for https, and a 407 as response for http', async () => {
    const anonymous = through(relay, '');
    expect(await failureOf(axios.get(secure.url, anonymous))).toMatchObject({
      code: 'ERR_POLICY_PROXY_AUTH',
      cause: { proxyStatus: 407 },
    });
    expect((await axios.get(plain.url, anonymous)).status).toBe(407);
  });

  it('a wrong password is refused', async () => {
    const error = await failureOf(axios.get(secure.url, through(relay, `${USER}:wrong@`)));
    // tinyproxy answers as if it were the origin.
    expect(error.cause?.proxyStatus).toBe(proxy.name === 'squid' ? 407 : 401);
  });

  it('an origin that is down is a failure of the proxy: 5xx', async () => {
    const error = await failureOf(axios.get(`https://localhost:${downPort}/`, through(relay)));
    expect(error.code).toBe('ERR_POLICY_PROXY_TUNNEL');
    expect(error.cause?.proxyStatus).toBeGreaterThanOrEqual(500);
  });
});
