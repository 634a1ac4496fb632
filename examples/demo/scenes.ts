import type { Scene } from './scene.js';
import { blackHole } from './scenes/black-hole.js';
import { drippingBody } from './scenes/dripping-body.js';
import { http2 } from './scenes/http2.js';
import { keepAlive } from './scenes/keep-alive.js';
import { lostConnection } from './scenes/lost-connection.js';
import { overload } from './scenes/overload.js';
import { proxy } from './scenes/proxy.js';
import { rateLimit } from './scenes/rate-limit.js';
import { tlsStall } from './scenes/tls-stall.js';

/** The scenes in the order they are played. A new one is a file in `scenes/` and a line here. */
export const scenes: readonly Scene[] = [
  overload,
  lostConnection,
  blackHole,
  tlsStall,
  drippingBody,
  rateLimit,
  keepAlive,
  proxy,
  http2,
];
