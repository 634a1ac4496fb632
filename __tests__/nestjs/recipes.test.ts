import { HttpService } from '@nestjs/axios';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { HealthIndicatorService, TerminusModule } from '@nestjs/terminus';
import { firstValueFrom } from 'rxjs';
import { describeFailure, type Policy } from '../../lib/index.js';
import { HttpPolicyModule, InjectPolicy } from '../../lib/nestjs/index.js';
import { type Origin, startOrigin } from '../helpers/origin.js';
import { QUICK, startContext, unavailable } from './app.js';

let origin: Origin;

beforeEach(async () => {
  origin = await startOrigin();
});

describe('a health indicator of terminus', () => {
  @Injectable()
  class UpstreamHealth {
    constructor(
      @Inject(HttpService) private readonly http: HttpService,
      @InjectPolicy() private readonly policy: Policy,
      @Inject(HealthIndicatorService) private readonly health: HealthIndicatorService,
    ) {}

    async check(key: string) {
      const indicator = this.health.check(key);
      try {
        await firstValueFrom(this.http.get('/health', { policy: { retry: false, timeout: '2s' } }));
        return indicator.up({ retries: this.policy.stats().retries });
      } catch (error) {
        return indicator.down(describeFailure(error));
      }
    }
  }

  const start = async () => {
    const context = await startContext({
      imports: [HttpPolicyModule.register({ ...QUICK, axios: { baseURL: origin.url } }), TerminusModule],
      providers: [UpstreamHealth],
    });
    return context.get(UpstreamHealth);
  };

  it('is up while the upstream answers', async () => {
    const health = await start();

    expect(await health.check('prices')).toEqual({ prices: { status: 'up', retries: 0 } });
  });

  it('is down at the first failure, and says which', async () => {
    origin.always(unavailable);
    const health = await start();

    expect(await health.check('prices')).toEqual({
      prices: { status: 'down', message: expect.stringMatching(/^GET http:.*\/health failed .*503/) },
    });
    expect(origin.requests).toHaveLength(1);
  });
});

describe('the Logger of Nest, given to the hooks of a policy', () => {
  it('tells each retry, and the end of them', async () => {
    const lines: string[] = [];
    const logger = new Logger('Upstream');
    jest.spyOn(logger, 'warn').mockImplementation((line) => void lines.push(`warn ${line}`));
    jest.spyOn(logger, 'error').mockImplementation((line) => void lines.push(`error ${line}`));
    const context = await startContext({
      imports: [
        HttpPolicyModule.register({
          ...QUICK,
          retry: {
            ...QUICK.retry,
            maxRetries: 1,
            onRetry: ({ method, url, retry, delayMs, reason }) =>
              logger.warn(`${method} ${url}: retry ${retry} in ${delayMs} ms (${reason})`),
            onGiveUp: ({ error }) => logger.error(describeFailure(error)),
          },
        }),
      ],
    });
    origin.always(unavailable);

    await expect(
      firstValueFrom(context.get(HttpService).get(`${origin.url}/price?key=secret`)),
    ).rejects.toMatchObject({ status: 503 });

    expect(lines).toEqual([
      `warn GET ${origin.url}/price: retry 1 in 2 ms (status)`,
      expect.stringMatching(/^error GET .*\/price failed after 1 retry .*503/),
    ]);
    expect(lines.join()).not.toContain('secret');
  });
});
