import { text } from 'node:stream/consumers';
import { HttpService } from '@nestjs/axios';
import { type BeforeApplicationShutdown, Controller, Get, Inject, Injectable } from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import { getPolicyMetadata, type Policy } from '../../lib/index.js';
import { HTTP_POLICY, HttpPolicyModule } from '../../lib/nestjs/index.js';
import { watchLeaks } from '../helpers/leaks.js';
import { handler, never, type Origin, reply, stallBody, startOrigin } from '../helpers/origin.js';
import { until } from '../helpers/wait.js';
import { ask, QUICK, SLEEPY, startApp, startContext, unavailable, untilItWaits } from './app.js';

@Controller()
class Relay {
  constructor(@Inject(HttpService) private readonly http: HttpService) {}

  @Get()
  async relay() {
    const response = await firstValueFrom(this.http.get('/'));
    return { data: response.data, attempts: getPolicyMetadata(response)?.attempts };
  }
}

let origin: Origin;

beforeEach(async () => {
  origin = await startOrigin();
});

const relayTo = ({ url }: Origin) => ({
  imports: [HttpPolicyModule.register({ ...QUICK, axios: { baseURL: url } })],
  controllers: [Relay],
});

/** What keeps the process alive now and did not before. */
function startedSince(before: readonly string[]): string[] {
  const known = [...before];
  return process.getActiveResourcesInfo().filter((name) => {
    const index = known.indexOf(name);
    if (index >= 0) known.splice(index, 1);
    return index < 0;
  });
}

describe('app.close()', () => {
  it('leaves no connection, timer or other resource behind', async () => {
    const before = process.getActiveResourcesInfo();
    const watch = watchLeaks();
    const app = await startApp(relayTo(origin));
    origin.enqueue(unavailable);
    expect((await ask(app, '/')).status).toBe(200);
    // The retry went to another connection.
    expect(origin.openSockets).toBe(2);

    await app.close();

    await origin.idle();
    await watch.expectNone();
    await until(
      () => startedSince(before).length === 0,
      2000,
      () => `nothing but what was there before, but also ${startedSince(before)}`,
    );
  });

  it('closes the pools of every registration', async () => {
    const app = await startApp({
      imports: [
        HttpPolicyModule.register(QUICK),
        HttpPolicyModule.registerAsync({ useFactory: () => QUICK }),
      ],
    });
    const services = [...app.get(HttpService, { each: true })];
    await Promise.all(services.map((http) => firstValueFrom(http.get(origin.url))));
    expect(services).toHaveLength(2);
    expect(origin.openSockets).toBe(2);

    await app.close();

    await origin.idle();
  });

  it('comes to an end when nothing was ever requested', async () => {
    const context = await startContext({ imports: [HttpPolicyModule.register(QUICK)] });

    await expect(context.close()).resolves.toBeUndefined();
  });
});

describe('while the application shuts down', () => {
  it('requests it is still answering have the policy until they are answered', async () => {
    const app = await startApp(relayTo(origin));
    const closing = new Promise<void>((resolve) => {
      origin.enqueue(
        handler((_request, response) => {
          resolve(app.close());
          setTimeout(() => response.writeHead(503).end(), 20);
        }),
        reply({ body: 'late' }),
      );
    });

    const answer = await ask(app, '/');

    expect(JSON.parse(answer.body)).toEqual({ data: 'late', attempts: 2 });
    await closing;
    await origin.idle();
  });

  it('work that a hook before the last one waits for has the policy', async () => {
    @Injectable()
    class Farewell implements BeforeApplicationShutdown {
      #said: Promise<unknown> | undefined;

      constructor(@Inject(HttpService) private readonly http: HttpService) {}

      async beforeApplicationShutdown(): Promise<void> {
        // The end of the test closes the application once more.
        this.#said ??= firstValueFrom(this.http.post(origin.url));
        await this.#said;
      }
    }
    const context = await startContext({
      imports: [HttpPolicyModule.register(QUICK)],
      providers: [Farewell],
    });
    origin.enqueue(unavailable);

    await context.close();

    expect(origin.requests).toHaveLength(2);
    await origin.idle();
  });

  it.each([
    ['an attempt under way', never(), QUICK, () => until(() => origin.requests.length === 1)],
    ['a delay', unavailable, SLEEPY, untilItWaits],
  ])('%s that nobody waits for is cancelled', async (_state, answer, options, reached) => {
    const watch = watchLeaks();
    const context = await startContext({ imports: [HttpPolicyModule.register(options)] });
    origin.always(answer);
    const job = expect(firstValueFrom(context.get(HttpService).get(origin.url))).rejects.toMatchObject({
      code: 'ERR_CANCELED',
    });
    await reached(context.get<Policy>(HTTP_POLICY));

    await context.close();

    await job;
    await origin.idle();
    await watch.expectNone();
    expect(origin.requests).toHaveLength(1);
  });

  it('a stream that is being read comes to its end with an error', async () => {
    const context = await startContext({ imports: [HttpPolicyModule.register(QUICK)] });
    origin.always(stallBody({ declared: 100, sent: 10 }));
    const { data } = await context.get(HttpService).axiosRef.get(origin.url, { responseType: 'stream' });

    await Promise.all([expect(text(data)).rejects.toThrow(), context.close()]);

    await origin.idle();
  });
});
