import { drip } from '../../../__tests__/helpers/origin.js';
import type { Scene } from '../scene.js';
import { STILL_WAITING } from '../stage.js';

/** A little more every 100 ms, for longer than anybody here waits. */
const dripping = drip({ pieces: Array(600).fill('drip '), everyMs: 100 });

export const drippingBody: Scene = {
  name: 'dripping-body',
  title: 'The response body drips in, a few bytes at a time, and never ends',

  async play(stage) {
    const origin = await stage.origin();
    const code = 'axios.get(url, { timeout: 500 })';

    // axios' own timeout starts anew with every byte.
    origin.enqueue(dripping);
    await stage.bare(code, STILL_WAITING, (http) => http.get(origin.url, { timeout: 500 }));

    // With the policy, it is the time until the body has ended.
    origin.enqueue(dripping);
    await stage.policy(code, '200 after 2 attempts', {}, (http) => http.get(origin.url, { timeout: 500 }));
  },
};
