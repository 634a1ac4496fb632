import type { AxiosInstance } from 'axios';
import { Http2Origin, respond } from '../../../__tests__/helpers/http2-origin.js';
import type { Scene } from '../scene.js';
import { STILL_WAITING, type Stage } from '../stage.js';
import { count } from '../timeline.js';

const REQUESTS = 20;
const NEGOTIATED = { http1Only: false };
const order = { item: 'lamp' };

export const http2: Scene = {
  name: 'http2',
  title: `A server that speaks HTTP/2: ${REQUESTS} requests at once, a silent connection, and GOAWAY`,

  async play(stage) {
    await share(stage);
    await noticeSilence(stage);
    await surviveGoaway(stage);
  },
};

/** One connection carries all requests, whichever ends first. */
async function share(stage: Stage): Promise<void> {
  const all = (http: AxiosInstance, url: string) =>
    Promise.all(Array.from({ length: REQUESTS }, () => http.get(url)));

  const first = await startOrigin(stage);
  await all(stage.bareClient(), first.url);
  stage.report('without policy', 'Promise.all(…)', '20 requests, 20 connections', seenBy(first));

  const second = await startOrigin(stage);
  await all(stage.policyClient({ client: NEGOTIATED }), second.url);
  const attach = 'attachPolicy(axios, { client: { http1Only: false } })';
  stage.report('with policy', attach, '20 requests, 1 connection', seenBy(second));
}

/** A connection without a network is not closed; an unanswered PING is what tells. */
async function noticeSilence(stage: Stage): Promise<void> {
  let losesNetwork = true;
  const origin = await startOrigin(stage, () => {
    if (losesNetwork) relay.freeze();
    losesNetwork = false;
  });
  const relay = await stage.relay(origin.port);
  const url = `https://${relay.host}/`;

  await stage.bare('axios.get(url)', STILL_WAITING, (http) => http.get(url));

  losesNetwork = true;
  const client = { ...NEGOTIATED, http2KeepAliveInterval: '200ms', http2KeepAliveTimeout: '300ms' };
  await stage.policy('axios.get(url)', '200 after 2 attempts', { client }, (http) => http.get(url));
}

/** Every fifth answer comes with GOAWAY, as servers send it that limit the requests of a connection. */
async function surviveGoaway(stage: Stage): Promise<void> {
  const origin = await startOrigin(stage);
  origin.always((call) => {
    respond()(call);
    if (call.number % 5 === 0) call.session.close();
  });
  const http = stage.policyClient({ client: NEGOTIATED });
  for (let number = 0; number < REQUESTS; number += 1) await http.post(origin.url, order);
  const code = 'axios.post(url, order), one after the other, GOAWAY with every fifth';
  stage.report('with policy', code, '20 requests, 4 connections', seenBy(origin));
}

/** An https server that speaks HTTP/2, and HTTP/1.1 with clients that do not. */
async function startOrigin(stage: Stage, onRequest = () => {}): Promise<Http2Origin> {
  const origin = new Http2Origin({
    server: { allowHTTP1: true },
    http1: (_request, response) => {
      onRequest();
      response.end();
    },
  });
  origin.always((call) => {
    onRequest();
    respond()(call);
  });
  stage.defer(() => origin.close());
  return origin.start();
}

const seenBy = ({ requests, http1Requests, connections }: Http2Origin): string =>
  `${count(requests.length + http1Requests, 'request')}, ${count(connections, 'connection')}`;
