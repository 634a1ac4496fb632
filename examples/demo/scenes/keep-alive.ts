import type { AxiosInstance } from 'axios';
import type { Origin } from '../../../__tests__/helpers/origin.js';
import type { Scene } from '../scene.js';
import { count } from '../timeline.js';

const REQUESTS = 20;

export const keepAlive: Scene = {
  name: 'keep-alive',
  title: `${REQUESTS} requests, one after the other: how many connections?`,

  async play(stage) {
    const first = await stage.origin();
    const bare = await visit(first, stage.bareClient());
    const create = 'axios.create({ httpsAgent: new Agent({ ca }) })';
    stage.report('without policy', create, '20 requests, 20 connections', bare);

    const second = await stage.origin();
    const policed = await visit(second, stage.policyClient());
    const attach = 'attachPolicy(the same instance)';
    stage.report('with policy', attach, '20 requests, 1 connection', policed);
  },
};

async function visit(origin: Origin, http: AxiosInstance): Promise<string> {
  for (let number = 0; number < REQUESTS; number += 1) await http.get(origin.url);
  return `${count(origin.requests.length, 'request')}, ${count(origin.connections, 'connection')}`;
}
