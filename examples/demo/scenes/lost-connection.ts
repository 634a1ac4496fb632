import { reset } from '../../../__tests__/helpers/origin.js';
import type { Scene } from '../scene.js';

const order = { item: 'lamp' };

export const lostConnection: Scene = {
  name: 'lost-connection',
  title: 'The connection is reset after the request was sent: was it carried out?',

  async play(stage) {
    const origin = await stage.origin();
    const { url } = origin;

    origin.enqueue(reset());
    await stage.bare('axios.get(url)', 'rejected after 1 attempt: ECONNRESET', (http) => http.get(url));

    // To read twice does no harm.
    origin.enqueue(reset());
    await stage.policy('axios.get(url)', '200 after 2 attempts', {}, (http) => http.get(url));

    // To order twice might.
    origin.enqueue(reset());
    const before = origin.requests.length;
    const refused = 'rejected after 1 attempt: ECONNRESET (not-idempotent)';
    await stage.policy('axios.post(url, order)', refused, {}, (http) => http.post(url, order));
    stage.check('orders at the server', 1, origin.requests.length - before);

    // Unless the server knows one order when it sees it again.
    origin.enqueue(reset());
    const code = 'axios.post(url, order, { policy: { idempotent: true } })';
    await stage.policy(code, '200 after 2 attempts', {}, (http) =>
      http.post(url, order, { policy: { idempotent: true } }),
    );
  },
};
