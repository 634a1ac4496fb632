import { HttpModule, HttpService } from '@nestjs/axios';
import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { attachPolicy, type Policy } from '../../lib/index.js';
import { watchLeaks } from '../helpers/leaks.js';
import { type Origin, reply, startOrigin } from '../helpers/origin.js';
import { ask, Prices, QUICK, startApp, unavailable } from './app.js';

let origin: Origin;

beforeEach(async () => {
  origin = await startOrigin();
});

const OPTIONS = Symbol('options');

@Module({
  providers: [{ provide: OPTIONS, useFactory: () => ({ baseURL: origin.url }) }],
  exports: [OPTIONS],
})
class OptionsModule {}

const registrations: [string, () => DynamicModule][] = [
  ['register', () => HttpModule.register({ baseURL: origin.url })],
  [
    'registerAsync',
    () =>
      HttpModule.registerAsync({
        imports: [OptionsModule],
        inject: [OPTIONS],
        useFactory: async (options: { baseURL: string }) => options,
      }),
  ],
];

describe.each(registrations)('an application with HttpModule.%s', (_method, register) => {
  async function expectPolicy(feature: new (http: HttpService) => OnApplicationShutdown): Promise<void> {
    origin.enqueue(unavailable, unavailable, reply({ body: '9.99' }));
    const watch = watchLeaks();
    Module({ imports: [register()], controllers: [Prices] })(feature);
    const app = await startApp({ imports: [feature] });

    const { status, body } = await ask(app, '/price');

    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual({ price: 9.99, attempts: 3 });
    await app.close();
    await origin.idle();
    await watch.expectNone();
  }

  it('gets the policy in the constructor of the module that imports it', async () => {
    class PricesModule implements OnApplicationShutdown {
      readonly #policy: Policy;

      constructor(@Inject(HttpService) http: HttpService) {
        this.#policy = attachPolicy(http.axiosRef, QUICK);
      }

      onApplicationShutdown(): Promise<void> {
        return this.#policy.close({ abort: true });
      }
    }

    await expectPolicy(PricesModule);
  });

  it('gets the policy in onModuleInit', async () => {
    class PricesModule implements OnModuleInit, OnApplicationShutdown {
      #policy: Policy | undefined;

      constructor(@Inject(HttpService) private readonly http: HttpService) {}

      onModuleInit(): void {
        this.#policy = attachPolicy(this.http.axiosRef, QUICK);
      }

      async onApplicationShutdown(): Promise<void> {
        await this.#policy?.close({ abort: true });
      }
    }

    await expectPolicy(PricesModule);
  });
});
