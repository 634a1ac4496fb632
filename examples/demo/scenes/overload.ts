import { reply } from '../../../__tests__/helpers/origin.js';
import type { Scene } from '../scene.js';

export const overload: Scene = {
  name: 'overload',
  title: 'The server is overloaded: 503, 503, then 200',

  async play(stage) {
    const origin = await stage.origin();

    origin.enqueue(reply({ status: 503 }));
    await stage.bare('axios.get(url)', 'rejected after 1 attempt: 503', (http) => http.get(origin.url));

    origin.enqueue(reply({ status: 503 }), reply({ status: 503 }));
    await stage.policy('axios.get(url)', '200 after 3 attempts', {}, (http) => http.get(origin.url));
  },
};
