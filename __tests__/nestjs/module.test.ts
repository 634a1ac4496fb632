import { HttpService } from '@nestjs/axios';
import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import axios from 'axios';
import { firstValueFrom } from 'rxjs';
import { getPolicyMetadata, type Policy } from '../../lib/index.js';
import { HTTP_POLICY, HttpPolicyModule, InjectPolicy } from '../../lib/nestjs/index.js';
import { type Origin, reply, startOrigin } from '../helpers/origin.js';
import { ask, Prices, QUICK, startApp, startContext, unavailable } from './app.js';

let origin: Origin;

beforeEach(async () => {
  origin = await startOrigin();
});

describe('an application that imports HttpPolicyModule.register', () => {
  it('answers 200 when the upstream fails twice', async () => {
    origin.enqueue(unavailable, unavailable, reply({ body: '9.99' }));
    const app = await startApp({
      imports: [HttpPolicyModule.register({ ...QUICK, axios: { baseURL: origin.url } })],
      controllers: [Prices],
    });

    const { status, body } = await ask(app, '/price');

    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual({ price: 9.99, attempts: 3 });
    expect(origin.requests).toHaveLength(3);
  });

  it('gets the options of axios on the instance, and leaves the global axios alone', async () => {
    const defaults = JSON.stringify(axios.defaults);
    const app = await startContext({
      imports: [
        HttpPolicyModule.register({ ...QUICK, axios: { baseURL: origin.url, headers: { 'X-Tenant': 'a' } } }),
      ],
    });
    const http = app.get(HttpService);

    await firstValueFrom(http.get('/'));

    expect(origin.requests[0]?.headers['x-tenant']).toBe('a');
    expect(http.axiosRef).not.toBe(axios);
    expect(JSON.stringify(axios.defaults)).toBe(defaults);
    expect(getPolicyMetadata(await axios.get(origin.url))).toBeUndefined();
  });

  it('injects the policy of that HttpService', async () => {
    @Injectable()
    class Dashboard {
      constructor(@InjectPolicy() readonly policy: Policy) {}
    }
    const app = await startContext({
      imports: [HttpPolicyModule.register({ ...QUICK, client: { allowHttp: true, timeout: '7s' } })],
      providers: [Dashboard],
    });
    origin.enqueue(unavailable);

    await firstValueFrom(app.get(HttpService).get(origin.url));

    const { policy } = app.get(Dashboard);
    expect(policy).toBe(app.get(HTTP_POLICY));
    expect(policy.config.client.timeout).toBe(7000);
    expect(policy.stats()).toMatchObject({ attempts: 2, retries: 1 });
  });

  it('takes the spelling of obstore', async () => {
    const app = await startContext({
      imports: [
        HttpPolicyModule.register({
          client_options: { allow_http: 'true', pool_max_idle_per_host: '10' },
          retry_config: { max_retries: '1', backoff: { init_backoff: '2ms' } },
        }),
      ],
    });
    origin.always(unavailable);

    await expect(firstValueFrom(app.get(HttpService).get(origin.url))).rejects.toMatchObject({ status: 503 });

    expect(origin.requests).toHaveLength(2);
  });

  it('attaches before any other provider can send a request', async () => {
    const WARM = Symbol('warm');
    origin.enqueue(unavailable);
    const app = await startContext({
      imports: [HttpPolicyModule.register(QUICK)],
      providers: [
        {
          provide: WARM,
          useFactory: (http: HttpService) => firstValueFrom(http.get(origin.url)),
          inject: [HttpService],
        },
      ],
    });

    expect(getPolicyMetadata(app.get(WARM))?.attempts).toBe(2);
  });

  it('lets a test replace the HttpService', async () => {
    const double = { get: () => 'canned' };
    const testing = await Test.createTestingModule({ imports: [HttpPolicyModule.register(QUICK)] })
      .overrideProvider(HttpService)
      .useValue(double)
      .compile();

    expect(testing.get(HttpService)).toBe(double);
    expect(testing.get<Policy>(HTTP_POLICY).config.client.allowHttp).toBe(true);
  });
});

describe('an application that imports HttpPolicyModule as it is', () => {
  it('has the defaults, which refuse plain http', async () => {
    const app = await startContext({ imports: [HttpPolicyModule] });

    await expect(firstValueFrom(app.get(HttpService).get(origin.url))).rejects.toMatchObject({
      code: 'ERR_POLICY_HTTP_NOT_ALLOWED',
    });
    expect(origin.requests).toHaveLength(0);
  });
});

describe('two registrations in one application', () => {
  const BILLING = Symbol('billing');
  const SEARCH = Symbol('search');

  /** A feature module with a registration of its own, which it passes on under a token of its own. */
  function feature(token: symbol, maxRetries: number) {
    @Module({
      imports: [HttpPolicyModule.register({ ...QUICK, retry: { ...QUICK.retry, maxRetries } })],
      providers: [{ provide: token, useExisting: HttpService }],
      exports: [token],
    })
    class Feature {}
    return Feature;
  }

  it('differ in policy, and neither hears of the other', async () => {
    const app = await startContext({ imports: [feature(BILLING, 0), feature(SEARCH, 2)] });
    const [billing, search] = [app.get<HttpService>(BILLING), app.get<HttpService>(SEARCH)];
    origin.always(unavailable);

    await expect(firstValueFrom(billing.get(`${origin.url}/billing`))).rejects.toMatchObject({ status: 503 });
    await expect(firstValueFrom(search.get(`${origin.url}/search`))).rejects.toMatchObject({ status: 503 });

    expect(origin.requests.map(({ url }) => url)).toEqual(['/billing', '/search', '/search', '/search']);
    expect(billing.axiosRef).not.toBe(search.axiosRef);
  });

  it('that look alike have pools of their own all the same', async () => {
    const app = await startContext({ imports: [feature(BILLING, 1), feature(SEARCH, 1)] });

    await firstValueFrom(app.get<HttpService>(BILLING).get(origin.url));
    await firstValueFrom(app.get<HttpService>(SEARCH).get(origin.url));

    expect(origin.connections).toBe(2);
  });
});

describe('a global registration', () => {
  @Module({ controllers: [Prices] })
  class Feature {}

  it('serves modules that do not import it', async () => {
    origin.enqueue(unavailable, reply({ body: '1' }));
    const app = await startApp({
      imports: [
        HttpPolicyModule.register({ ...QUICK, axios: { baseURL: origin.url }, global: true }),
        Feature,
      ],
    });

    expect(JSON.parse((await ask(app, '/price')).body)).toEqual({ price: 1, attempts: 2 });
  });

  it('is only made on request', async () => {
    const starting = startContext({ imports: [HttpPolicyModule.register(QUICK), Feature] });

    await expect(starting).rejects.toThrow(/resolve dependencies of the Prices/);
  });
});
