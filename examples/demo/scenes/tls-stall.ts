import type { Scene } from '../scene.js';
import { STILL_WAITING } from '../stage.js';

const order = { item: 'lamp' };

export const tlsStall: Scene = {
  name: 'tls-stall',
  title: 'The server accepts a connection, and its TLS handshake never ends',

  async play(stage) {
    const origin = await stage.origin();
    const relay = await stage.relay(origin.port);
    const url = `https://${relay.host}/`;

    relay.stall(1);
    await stage.bare('axios.post(url, order)', STILL_WAITING, (http) => http.post(url, order));

    // Nothing of the order was sent: even a POST can safely be tried again.
    relay.stall(2);
    const config = { client: { connectTimeout: '500ms' } };
    await stage.policy('axios.post(url, order)', '200 after 3 attempts', config, (http) =>
      http.post(url, order),
    );
    stage.check('orders at the server', 1, origin.requests.length);
  },
};
