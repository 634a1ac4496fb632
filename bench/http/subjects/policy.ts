import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import type * as Product from '../../../lib/index.js';
import type { Target } from '../scenarios.js';
import { plainInstance, sendBy } from './axios.js';
import type { Subject } from './subject.js';

/** What is published, as `npm run build` makes it. */
export const BUILD = resolve(__dirname, '../../../../../dist/cjs/index.js');

/** Loads a build of the product. */
export function loadProduct(build: string): typeof Product {
  return createRequire(__filename)(resolve(build)) as typeof Product;
}

function clientConfig({ wire, proxyUrl }: Target): Product.ClientConfig {
  if (wire === 'proxy') return { proxyUrl };
  return wire === 'http2' ? { http2Only: true } : { allowHttp: true };
}

/** The product, everything on by default. */
export function policySubject(name: string, build: string): Subject {
  return {
    name,
    wires: ['http', 'https', 'proxy', 'http2', 'none'],
    open(target) {
      const instance = plainInstance({ ...target, wire: target.wire === 'none' ? 'none' : 'http' });
      loadProduct(build).attachPolicy(instance, { client: clientConfig(target) });
      return sendBy(instance, target);
    },
  };
}
