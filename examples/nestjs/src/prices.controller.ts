import { HttpService } from '@nestjs/axios';
import { Controller, Get, Inject, Param } from '@nestjs/common';
import { getPolicyMetadata, type Policy, type PolicyStats } from 'axios-policy';
import { InjectPolicy } from 'axios-policy/nestjs';
import { map, type Observable } from 'rxjs';

interface Price {
  readonly item: string;
  readonly price: number;
  readonly attempts: number | undefined;
}

@Controller()
export class PricesController {
  constructor(
    @Inject(HttpService) private readonly http: HttpService,
    @InjectPolicy() private readonly policy: Policy,
  ) {}

  /** The price of an item, although two of three requests to the upstream fail. */
  @Get('prices/:item')
  price(@Param('item') item: string): Observable<Price> {
    return this.http.get<{ price: number }>(`/${encodeURIComponent(item)}`).pipe(
      map((response) => ({
        item,
        price: response.data.price,
        attempts: getPolicyMetadata(response)?.attempts,
      })),
    );
  }

  /** Connections, attempts and retries so far. */
  @Get('stats')
  stats(): PolicyStats {
    return this.policy.stats();
  }
}
