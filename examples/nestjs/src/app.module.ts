import { Logger, Module } from '@nestjs/common';
import { describeFailure } from 'axios-policy';
import { HttpPolicyModule } from 'axios-policy/nestjs';
import { PricesController } from './prices.controller.js';
import { Upstream, UpstreamModule } from './upstream.module.js';

const logger = new Logger('Upstream');

@Module({
  imports: [
    HttpPolicyModule.registerAsync({
      imports: [UpstreamModule],
      inject: [Upstream],
      useFactory: (upstream: Upstream) => ({
        axios: { baseURL: upstream.url },
        client: { allowHttp: true, connectTimeout: '1s', timeout: '5s' },
        retry: {
          maxRetries: 5,
          backoff: { initBackoff: '20ms', maxBackoff: '1s' },
          onRetry: ({ method, url, status, delayMs }) =>
            logger.warn(`${method} ${url}: ${status}, trying again in ${Math.round(delayMs)} ms`),
          onGiveUp: ({ error }) => logger.error(describeFailure(error)),
        },
      }),
    }),
  ],
  controllers: [PricesController],
})
export class AppModule {}
