import type { HttpService } from '@nestjs/axios';
import { Controller, Get, Inject } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { firstValueFrom } from 'rxjs';
import { RecentTraffic } from '../../lib/nestjs/health.js';
import { getHttpToken, HttpPolicyHealth, HttpPolicyModule } from '../../lib/nestjs/index.js';
import { type Origin, reply, startOrigin } from '../helpers/origin.js';
import { ask, QUICK, startApp, startContext, unavailable } from './app.js';

let origin: Origin;

beforeEach(async () => {
  origin = await startOrigin();
});

const clients = () =>
  ['prices', 'stock'].map((name) =>
    HttpPolicyModule.register({
      ...QUICK,
      retry: { ...QUICK.retry, maxRetries: 1 },
      name,
      axios: { baseURL: origin.url },
    }),
  );

async function get(http: HttpService, times: number): Promise<void> {
  const requests = Array.from({ length: times }, () => firstValueFrom(http.get('/')));
  await Promise.allSettled(requests);
}

describe('the health of named clients', () => {
  it('is up before there was a request', async () => {
    const app = await startContext({ imports: clients() });

    const idle = { status: 'up', requests: 0, failed: 0, retries: 0, active: 0, pending: 0 };
    expect(app.get(HttpPolicyHealth).check()).toEqual({ prices: idle, stock: idle });
  });

  it('is down for the one whose requests fail', async () => {
    const app = await startContext({ imports: clients() });
    await get(app.get(getHttpToken('stock')), 10);
    origin.always(unavailable);
    await get(app.get(getHttpToken('prices')), 10);

    expect(app.get(HttpPolicyHealth).check()).toMatchObject({
      prices: { status: 'down', requests: 10, failed: 10, retries: 10 },
      stock: { status: 'up', requests: 10, failed: 0, retries: 0 },
    });
  });

  it('is up while too few requests failed to judge by, or as few as are allowed', async () => {
    const app = await startContext({ imports: clients() });
    const prices = app.get<HttpService>(getHttpToken('prices'));
    const health = app.get(HttpPolicyHealth);
    origin.always(unavailable);
    await get(prices, 4);
    expect(health.check().prices?.status).toBe('up');
    expect(health.check({ minRequests: 4 }).prices?.status).toBe('down');

    origin.always(reply());
    await get(prices, 4);

    expect(health.check({ minRequests: 4, maxFailedShare: 0.5 }).prices?.status).toBe('up');
    expect(health.check({ minRequests: 4, maxFailedShare: 0.4 }).prices?.status).toBe('down');
  });

  it("does not mind what is the request's own fault", async () => {
    const app = await startContext({ imports: clients() });
    origin.always(reply({ status: 404 }));
    await get(app.get(getHttpToken('prices')), 10);

    expect(app.get(HttpPolicyHealth).check().prices).toMatchObject({ status: 'up', requests: 10, failed: 0 });
  });

  it.each([
    [{ maxRetries: 0 }, 'down'],
    [false as const, 'up'],
  ])('with retry: %j, of a server that always fails, is %s', async (retry, status) => {
    const app = await startContext({
      imports: [
        HttpPolicyModule.register({ ...QUICK, retry, name: 'prices', axios: { baseURL: origin.url } }),
      ],
    });
    origin.always(unavailable);
    await get(app.get(getHttpToken('prices')), 10);

    expect(app.get(HttpPolicyHealth).check().prices).toMatchObject({ status, requests: 10 });
  });

  it('is what terminus shows, with 503 while a client is down', async () => {
    @Controller()
    class Health {
      constructor(
        @Inject(HealthCheckService) private readonly health: HealthCheckService,
        @Inject(HttpPolicyHealth) private readonly upstreams: HttpPolicyHealth,
      ) {}

      @Get('health')
      @HealthCheck()
      check() {
        return this.health.check([() => this.upstreams.check()]);
      }
    }
    const app = await startApp({
      imports: [...clients(), TerminusModule.forRoot({ logger: false })],
      controllers: [Health],
    });
    const before = await ask(app, '/health');
    expect(before.status).toBe(200);
    expect(JSON.parse(before.body)).toMatchObject({ status: 'ok', info: { prices: { status: 'up' } } });
    origin.always(unavailable);
    await get(app.get(getHttpToken('prices'), { strict: false }), 10);

    const { status, body } = await ask(app, '/health');

    expect(status).toBe(503);
    expect(JSON.parse(body)).toMatchObject({
      status: 'error',
      info: { stock: { status: 'up' } },
      error: { prices: { status: 'down', failed: 10 } },
    });
  });
});

describe('the traffic of the last minute', () => {
  const counted = (attempts: number, failed: number) => ({
    attempts,
    retries: 0,
    giveUps: { budget: failed },
  });

  it('forgets what is older', () => {
    const traffic = new RecentTraffic(0);
    expect(traffic.look(counted(10, 10), 5_000)).toMatchObject({ requests: 10, failed: 10 });
    expect(traffic.look(counted(12, 10), 60_000)).toMatchObject({ requests: 12, failed: 10 });
    expect(traffic.look(counted(12, 10), 65_000)).toMatchObject({ requests: 2, failed: 0 });
    expect(traffic.look(counted(12, 10), 120_000)).toMatchObject({ requests: 0, failed: 0 });
  });

  it('reaches back to the look before, if that was longer ago', () => {
    const traffic = new RecentTraffic(0);
    traffic.look(counted(5, 0), 10_000);
    expect(traffic.look(counted(9, 3), 400_000)).toMatchObject({ requests: 4, failed: 3 });
  });

  it('is the same for several who look at once', () => {
    const traffic = new RecentTraffic(0);
    for (let ms = 0; ms < 1000; ms += 10) traffic.look(counted(4, 4), 30_000 + ms);
    expect(traffic.look(counted(4, 4), 31_000)).toMatchObject({ requests: 4, failed: 4 });
  });
});
