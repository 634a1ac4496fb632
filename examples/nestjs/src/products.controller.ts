import type { HttpService } from '@nestjs/axios';
import { Controller, Get, Param } from '@nestjs/common';
import { getPolicyMetadata } from 'axios-policy';
import { InjectHttp } from 'axios-policy/nestjs';
import { firstValueFrom } from 'rxjs';

@Controller('products')
export class ProductsController {
  constructor(
    @InjectHttp('prices') private readonly prices: HttpService,
    @InjectHttp('stock') private readonly stock: HttpService,
    @InjectHttp('reviews') private readonly reviews: HttpService,
  ) {}

  /** A product, put together from three servers, two of which fail now and then. */
  @Get(':item')
  async product(@Param('item') item: string) {
    const path = `/${encodeURIComponent(item)}`;
    const answers = await Promise.all(
      [this.prices, this.stock, this.reviews].map((http) => firstValueFrom(http.get<object>(path))),
    );
    const attempts = answers.map((answer) => getPolicyMetadata(answer)?.attempts);
    return Object.assign({ item }, ...answers.map(({ data }) => data), { attempts });
  }
}
