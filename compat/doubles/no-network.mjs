// @ts-check
import { Socket } from 'node:net';

/** To be loaded before a program that is to make no connection: one that is begun ends it. */
Socket.prototype.connect = function connect() {
  process.stderr.write('A connection was made.\n');
  process.exit(1);
};
