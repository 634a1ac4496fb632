// npm start, then: curl http://127.0.0.1:3000/prices/apple
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule);
  app.enableShutdownHooks();
  await app.listen(process.env.PORT ?? 3000, '127.0.0.1');
  console.log(`curl ${await app.getUrl()}/prices/apple`);
}

void main();
