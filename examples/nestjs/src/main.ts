// npm start, then: curl http://127.0.0.1:3000/products/apple
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule);
  // At SIGTERM: no new requests, those under way are answered, then the policies close their connections.
  app.enableShutdownHooks();
  await app.listen(process.env.PORT ?? 3000, '127.0.0.1');
  for (const path of ['products/apple', 'health', 'metrics'])
    console.log(`curl ${await app.getUrl()}/${path}`);
}

void main();
