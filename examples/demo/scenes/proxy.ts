import type { AxiosInstance } from 'axios';
import { TestProxy } from '../../../__tests__/helpers/proxy.js';
import type { Scene } from '../scene.js';
import type { Stage } from '../stage.js';
import { count } from '../timeline.js';

const REQUESTS = 6;

export const proxy: Scene = {
  name: 'proxy',
  title: `${REQUESTS} requests through a proxy: how many connections and tunnels?`,

  async play(stage) {
    const first = await startProxy(stage);
    const http = stage.bareClient();
    http.defaults.proxy = { protocol: 'http', host: '127.0.0.1', port: first.port };
    const code = 'axios.create({ httpsAgent, proxy: { host, port } })';
    stage.report('without policy', code, '6 connections, 6 tunnels', await visit(stage, first, http));

    const second = await startProxy(stage);
    const policed = stage.policyClient({ client: { proxyUrl: second.url } });
    const attach = "attachPolicy(axios.create({ httpsAgent }), { client: { proxyUrl: 'http://…' } })";
    stage.report('with policy', attach, '1 connection, 1 tunnel', await visit(stage, second, policed));
  },
};

async function startProxy(stage: Stage): Promise<TestProxy> {
  const started = await new TestProxy({}).start();
  stage.defer(() => started.close());
  return started;
}

async function visit(stage: Stage, through: TestProxy, http: AxiosInstance): Promise<string> {
  const origin = await stage.origin();
  // By name: axios asks for an address with SNI too, which Node warns of.
  const url = origin.url.replace('127.0.0.1', 'localhost');
  for (let number = 0; number < REQUESTS; number += 1) await http.get(url);
  stage.check('requests at the server', REQUESTS, origin.requests.length);
  return `${count(through.connections, 'connection')}, ${count(through.tunnels.length, 'tunnel')}`;
}
