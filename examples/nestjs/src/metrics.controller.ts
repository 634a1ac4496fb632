import { Controller, Get, Header } from '@nestjs/common';
import type { Policy, PolicyStats } from 'axios-policy';
import { InjectPolicy } from 'axios-policy/nestjs';

/** Each metric: its type, and its value in the counts of a policy. */
const METRICS: Readonly<Record<string, [type: string, value: (stats: PolicyStats) => number]>> = {
  http_client_attempts_total: ['counter', ({ attempts }) => attempts],
  http_client_retries_total: ['counter', ({ retries }) => retries],
  http_client_give_ups_total: ['counter', ({ giveUps }) => sum(Object.values(giveUps))],
  http_client_connections: ['gauge', ({ pools }) => sum(pools.map(({ active, idle }) => active + idle))],
};

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

@Controller('metrics')
export class MetricsController {
  readonly #policies: Readonly<Record<string, Policy>>;

  constructor(
    @InjectPolicy('prices') prices: Policy,
    @InjectPolicy('stock') stock: Policy,
    @InjectPolicy('reviews') reviews: Policy,
  ) {
    this.#policies = { prices, stock, reviews };
  }

  /** For Prometheus, in its text format. */
  @Get()
  @Header('Content-Type', 'text/plain; version=0.0.4')
  metrics(): string {
    const stats = Object.entries(this.#policies).map(([name, policy]) => [name, policy.stats()] as const);
    const lines = Object.entries(METRICS).flatMap(([metric, [type, value]]) => [
      `# TYPE ${metric} ${type}`,
      ...stats.map(([name, counted]) => `${metric}{client="${name}"} ${value(counted)}`),
    ]);
    return `${lines.join('\n')}\n`;
  }
}
