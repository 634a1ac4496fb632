import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const BENCH = resolve(__dirname, '../../..');

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Versions of what is compared, pinned as they are. */
export function versions(): Record<string, string> {
  const own = manifest(join(BENCH, 'package.json')).dependencies ?? {};
  const { version } = manifest(join(BENCH, '..', 'package.json'));
  const { echarts: _chartsOnly, ...compared } = own;
  return { 'axios-policy': version, ...compared };
}

function manifest(path: string): Manifest {
  return createRequire(__filename)(path) as Manifest;
}
