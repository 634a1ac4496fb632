import { startBlackHole } from '../../../__tests__/helpers/faults.js';
import type { Scene } from '../scene.js';
import { STILL_WAITING } from '../stage.js';

export const blackHole: Scene = {
  name: 'black-hole',
  title: 'The server answers no connection attempt: a black-holed port',

  async play(stage) {
    const hole = await startBlackHole().catch(() => undefined);
    if (!hole) return stage.skip('this system refuses connections instead of leaving them unanswered');
    stage.defer(() => hole.close());
    const url = `https://${hole.host}/`;

    await stage.bare('axios.get(url)', STILL_WAITING, (http) => http.get(url));

    const config = { client: { connectTimeout: '500ms' }, retry: { maxRetries: 2 } };
    const rejected = 'rejected after 3 attempts: ETIMEDOUT (max-retries)';
    await stage.policy('axios.get(url)', rejected, config, (http) => http.get(url));
  },
};
