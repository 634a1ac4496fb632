import { Logger, Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { describeFailure } from 'axios-policy';
import { HttpPolicyModule } from 'axios-policy/nestjs';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';
import { ProductsController } from './products.controller.js';
import { Upstreams, UpstreamsModule } from './upstreams.module.js';

const logger = new Logger('Upstream');

/** A client for one of the three; what it leaves out is said once, in forRoot. */
const client = (name: 'prices' | 'stock' | 'reviews', retry: { maxRetries?: number } = {}) =>
  HttpPolicyModule.registerAsync({
    name,
    imports: [UpstreamsModule],
    inject: [Upstreams],
    useFactory: (upstreams: Upstreams) => ({ axios: { baseURL: upstreams[name].url }, retry }),
  });

@Module({
  imports: [
    HttpPolicyModule.forRoot({
      client: { allowHttp: ['127.0.0.1'], connectTimeout: '1s', timeout: '5s' },
      retry: {
        maxRetries: 5,
        backoff: { initBackoff: '20ms', maxBackoff: '1s' },
        onRetry: ({ method, url, status, delayMs }) =>
          logger.warn(`${method} ${url}: ${status}, trying again in ${Math.round(delayMs)} ms`),
        onGiveUp: ({ error }) => logger.error(describeFailure(error)),
      },
    }),
    client('prices'),
    client('stock'),
    client('reviews', { maxRetries: 1 }),
    TerminusModule,
  ],
  controllers: [ProductsController, HealthController, MetricsController],
})
export class AppModule {}
