import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { HttpService } from '@nestjs/axios';
import { Controller, Get, type INestApplication, Inject, type ModuleMetadata } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { firstValueFrom } from 'rxjs';
import { getPolicyMetadata, type Policy } from '../../lib/index.js';
import type { HttpPolicyModuleOptions } from '../../lib/nestjs/index.js';
import { atEnd } from '../helpers/cleanup.js';
import { reply } from '../helpers/origin.js';
import { until } from '../helpers/wait.js';

/** What most tests want of a policy: plain http to the origin of the test, and delays too short to notice. */
export const QUICK = {
  client: { allowHttp: true },
  retry: { backoff: { initBackoff: '2ms', maxBackoff: '4ms' } },
} satisfies HttpPolicyModuleOptions;

/** A policy that waits for its second attempt longer than any test runs. */
export const SLEEPY = {
  client: { allowHttp: true },
  retry: { backoff: { initBackoff: '1h', maxBackoff: '1h' }, retryTimeout: '1d' },
} satisfies HttpPolicyModuleOptions;

/** Resolves when the only request of a policy is between two attempts: its connection is back in the pool. */
export const untilItWaits = (policy: Policy): Promise<void> =>
  until(() => policy.stats().pools.some(({ idle }) => idle === 1));

/** Asks the upstream for a price, and tells how many attempts that took. */
@Controller()
export class Prices {
  constructor(@Inject(HttpService) private readonly http: HttpService) {}

  @Get('price')
  async price() {
    const response = await firstValueFrom(this.http.get('/price'));
    return { price: response.data, attempts: getPolicyMetadata(response)?.attempts };
  }
}

/** A 503, for `origin.enqueue(unavailable, unavailable)`. */
export const unavailable = reply({ status: 503 });

/** Starts a Nest application of one module, listening on a free port. It closes by itself when the test ends. */
export async function startApp(metadata: ModuleMetadata): Promise<INestApplication> {
  const testing = await Test.createTestingModule(metadata).compile();
  const app = testing.createNestApplication({ logger: false });
  atEnd(() => app.close());
  await app.listen(0, '127.0.0.1');
  return app;
}

/** Starts an application without an HTTP server. It closes by itself when the test ends. */
export async function startContext(metadata: ModuleMetadata) {
  const context = await Test.createTestingModule(metadata).compile();
  context.useLogger(false);
  atEnd(() => context.close());
  return context.init();
}

/** GETs a path of the application, over a connection of its own. */
export async function ask(app: INestApplication, path: string): Promise<{ status?: number; body: string }> {
  const { port } = app.getHttpServer().address() as AddressInfo;
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
    }).once('error', reject);
  });
}
