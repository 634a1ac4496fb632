import { Controller, Get, Inject } from '@nestjs/common';
import { HealthCheck, HealthCheckService } from '@nestjs/terminus';
import { HttpPolicyHealth } from 'axios-policy/nestjs';

@Controller('health')
export class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(HttpPolicyHealth) private readonly upstreams: HttpPolicyHealth,
  ) {}

  /** How the requests of the last minute went: 503 when most of those to one server failed. */
  @Get()
  @HealthCheck()
  check() {
    return this.health.check([() => this.upstreams.check()]);
  }
}
