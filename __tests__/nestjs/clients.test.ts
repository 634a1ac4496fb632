import { HttpModule, HttpService } from '@nestjs/axios';
import { Controller, Get, Inject, Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { firstValueFrom } from 'rxjs';
import { type Policy, PolicyConfigError } from '../../lib/index.js';
import {
  getHttpToken,
  getPolicyToken,
  HttpPolicyModule,
  type HttpPolicyModuleOptions,
  InjectHttp,
  InjectPolicy,
} from '../../lib/nestjs/index.js';
import { atEnd } from '../helpers/cleanup.js';
import { type Origin, startOrigin } from '../helpers/origin.js';
import { ask, QUICK, startApp, startContext, unavailable } from './app.js';

const NAMES = ['prices', 'stock', 'billing', 'search', 'mail'] as const;

let origin: Origin;

beforeEach(async () => {
  origin = await startOrigin();
});

/** The client of a name, whose requests begin with that name. */
const client = (name: string, own: HttpPolicyModuleOptions = {}) =>
  HttpPolicyModule.register({
    ...QUICK,
    ...own,
    name,
    axios: { baseURL: `${origin.url}/${name}`, ...own.axios },
  });

/** What the start of an application with these modules fails with. */
const failureOf = (...imports: ReturnType<typeof HttpPolicyModule.register>[]): Promise<unknown> =>
  startContext({ imports }).then(
    () => undefined,
    (error: unknown) => error,
  );

describe('five clients with names, imported into one module', () => {
  @Controller()
  class Shop {
    constructor(
      @InjectHttp('prices') private readonly prices: HttpService,
      @InjectHttp('stock') private readonly stock: HttpService,
      @InjectPolicy('prices') private readonly pricesPolicy: Policy,
      @InjectPolicy('stock') private readonly stockPolicy: Policy,
    ) {}

    @Get()
    async all() {
      await firstValueFrom(this.prices.get('/apple'));
      await firstValueFrom(this.stock.get('/apple'));
      return [this.pricesPolicy, this.stockPolicy].map((policy) => policy.stats().attempts);
    }
  }

  it('are injected by their names, each with its own policy', async () => {
    const app = await startApp({ imports: NAMES.map((name) => client(name)), controllers: [Shop] });
    origin.enqueue(unavailable);

    expect(JSON.parse((await ask(app, '/')).body)).toEqual([2, 1]);

    expect(origin.requests.map(({ url }) => url)).toEqual(['/prices/apple', '/prices/apple', '/stock/apple']);
    // Two of the first one, whose retry goes to another connection.
    expect(origin.connections).toBe(3);
  });

  it('have a policy each', async () => {
    const app = await startContext({ imports: NAMES.map((name) => client(name)) });

    const policies = NAMES.map((name) => app.get<Policy>(getPolicyToken(name)));

    expect(new Set(policies).size).toBe(NAMES.length);
  });

  it('leave HttpService to who exports it', async () => {
    const app = await startContext({
      imports: [client('prices'), HttpModule.register({ baseURL: 'https://plain.test' })],
      providers: [{ provide: 'plain', useFactory: (http: HttpService) => http, inject: [HttpService] }],
    });

    expect(app.get<HttpService>('plain').axiosRef.defaults.baseURL).toBe('https://plain.test');
  });

  it('close their connections with the application', async () => {
    const app = await startContext({ imports: NAMES.map((name) => client(name)) });
    await Promise.all(NAMES.map((name) => firstValueFrom(app.get<HttpService>(getHttpToken(name)).get('/'))));
    expect(origin.openSockets).toBe(NAMES.length);

    await app.close();

    await origin.idle();
  });
});

describe('a client with a name, from registerAsync', () => {
  it('is injected by it, before the factory has run', async () => {
    @Injectable()
    class Prices {
      constructor(
        @InjectHttp('prices') readonly http: HttpService,
        @InjectPolicy('prices') readonly policy: Policy,
      ) {}
    }
    const app = await startContext({
      imports: [
        HttpPolicyModule.registerAsync({
          name: 'prices',
          useFactory: async () => ({ client: { timeout: '4s' }, axios: { baseURL: 'https://prices.test' } }),
        }),
      ],
      providers: [Prices],
    });

    const { http, policy } = app.get(Prices);
    expect(http.axiosRef.defaults.baseURL).toBe('https://prices.test');
    expect(policy.config.client.timeout).toBe(4000);
  });

  it('can be global', async () => {
    @Module({
      providers: [
        {
          provide: 'url',
          useFactory: (http: HttpService) => http.axiosRef.defaults.baseURL,
          inject: [getHttpToken('prices')],
        },
      ],
    })
    class Feature {}

    const app = await startContext({
      imports: [
        HttpPolicyModule.registerAsync({
          name: 'prices',
          global: true,
          useFactory: () => ({ axios: { baseURL: 'https://prices.test' } }),
        }),
        Feature,
      ],
    });

    expect(app.get('url', { strict: false })).toBe('https://prices.test');
  });

  it('refuses another name from the factory', async () => {
    const error = await failureOf(
      HttpPolicyModule.registerAsync({ name: 'prices', useFactory: () => ({ name: 'price' }) }),
    );

    expect(error).toMatchObject({
      message:
        "HttpPolicyModule 'prices': name: expected the name of the registration, 'prices', got another",
    });
  });
});

describe('a test', () => {
  it('replaces one client by its name, and leaves the others', async () => {
    const double = { get: () => 'canned' };
    const testing = await Test.createTestingModule({ imports: [client('prices'), client('stock')] })
      .overrideProvider(getHttpToken('prices'))
      .useValue(double)
      .compile();

    expect(testing.get(getHttpToken('prices'))).toBe(double);
    expect(testing.get(getHttpToken('stock'))).toBeInstanceOf(HttpService);
    await testing.close();
  });

  it('replaces the policy of one client by its name', async () => {
    const double = { stats: () => ({ attempts: 7 }) };
    const testing = await Test.createTestingModule({ imports: [client('prices')] })
      .overrideProvider(getPolicyToken('prices'))
      .useValue(double)
      .compile();

    expect(testing.get(getPolicyToken('prices'))).toBe(double);
    await testing.close();
  });
});

describe('the start of an application', () => {
  it('fails for the wrong options of one client, with its name', async () => {
    const error = await failureOf(client('prices'), client('stock', { client: { timeout: 'soon' } }));

    expect(error).toBeInstanceOf(PolicyConfigError);
    expect(error).toMatchObject({
      message: expect.stringMatching(/^HttpPolicyModule 'stock': client\.timeout: expected .* got 'soon'/),
    });
  });

  it('fails for two clients of one name', async () => {
    expect(await failureOf(client('prices'), client('prices'))).toMatchObject({
      message: expect.stringMatching(/^HttpPolicyModule 'prices': name: expected a name of its own/),
    });
  });

  it('does not mind one registration that two modules import', async () => {
    const prices = client('prices');
    @Module({ imports: [prices] })
    class One {}
    @Module({ imports: [prices] })
    class Other {}

    expect(await failureOf({ module: One }, { module: Other })).toBeUndefined();
  });

  it('does not mind a module that passes a registration on', async () => {
    const prices = client('prices');
    @Module({ imports: [prices], exports: [prices] })
    class Upstreams {}
    @Module({ imports: [Upstreams], providers: [{ provide: 'own', useExisting: getPolicyToken('prices') }] })
    class Shop {}
    const app = await Test.createTestingModule({ imports: [Shop] }).compile();
    atEnd(() => app.close());

    expect(app.get('own')).toBe(app.get(getPolicyToken('prices'), { strict: false }));
  });

  it.each(['', ' prices', 'a\nb'])('fails for the name %j', async (name) => {
    expect(await failureOf(client(name))).toMatchObject({ problems: [{ path: 'name' }] });
  });

  it('fails, as Nest does, for a name that nobody registered', async () => {
    @Injectable()
    class Orders {
      constructor(@Inject(getHttpToken('orders')) readonly http: HttpService) {}
    }

    await expect(startContext({ imports: [client('prices')], providers: [Orders] })).rejects.toThrow(
      /resolve dependencies of the Orders .*http orders/,
    );
  });
});
