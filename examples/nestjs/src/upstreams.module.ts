import { Module, type OnApplicationShutdown } from '@nestjs/common';
import { Upstream } from './upstream.js';

/** The three servers that this app asks. */
export class Upstreams implements OnApplicationShutdown {
  readonly prices = new Upstream({ price: 1.25 }, 3);
  readonly stock = new Upstream({ left: 12 }, 2);
  readonly reviews = new Upstream({ stars: 4.5 }, 1);

  async listen(): Promise<this> {
    await Promise.all([this.prices.listen(), this.stock.listen(), this.reviews.listen()]);
    return this;
  }

  onApplicationShutdown(): void {
    for (const upstream of [this.prices, this.stock, this.reviews]) upstream.close();
  }
}

@Module({
  providers: [{ provide: Upstreams, useFactory: () => new Upstreams().listen() }],
  exports: [Upstreams],
})
export class UpstreamsModule {}
