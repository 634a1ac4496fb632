import { reply } from '../../../__tests__/helpers/origin.js';
import type { Scene } from '../scene.js';

export const rateLimit: Scene = {
  name: 'rate-limit',
  title: 'The server asks for patience: 429 with Retry-After: 1',

  async play(stage) {
    const origin = await stage.origin();
    const tooMany = reply({ status: 429, headers: { 'Retry-After': '1' } });

    origin.enqueue(tooMany);
    await stage.bare('axios.get(url)', 'rejected after 1 attempt: 429', (http) => http.get(origin.url));

    origin.enqueue(tooMany);
    const { delaysMs } = await stage.policy('axios.get(url)', '200 after 2 attempts', {}, (http) =>
      http.get(origin.url),
    );
    stage.check('waited for as long as the server asked', true, (delaysMs[0] ?? 0) >= 1000);
  },
};
