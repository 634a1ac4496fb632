import { HttpService } from '@nestjs/axios';
import { firstValueFrom, retry, TimeoutError, timeout } from 'rxjs';
import { getPolicyMetadata, type Policy } from '../../lib/index.js';
import { HTTP_POLICY, HttpPolicyModule, type HttpPolicyModuleOptions } from '../../lib/nestjs/index.js';
import { watchLeaks } from '../helpers/leaks.js';
import { never, type Origin, reply, startOrigin } from '../helpers/origin.js';
import { delay, until } from '../helpers/wait.js';
import { QUICK, SLEEPY, startContext, unavailable, untilItWaits } from './app.js';

let origin: Origin;

beforeEach(async () => {
  origin = await startOrigin();
});

async function start(options: HttpPolicyModuleOptions): Promise<{ http: HttpService; policy: Policy }> {
  const context = await startContext({ imports: [HttpPolicyModule.register(options)] });
  return { http: context.get(HttpService), policy: context.get(HTTP_POLICY) };
}

describe('unsubscribing', () => {
  it('during an attempt ends its connection at once, and nothing is tried again', async () => {
    const { http, policy } = await start(QUICK);
    origin.always(never());
    const watch = watchLeaks();
    const seen: unknown[] = [];
    const subscription = http
      .get(origin.url)
      .subscribe({ next: (value) => seen.push(value), error: (error) => seen.push(error) });
    await until(() => origin.requests.length === 1);

    subscription.unsubscribe();

    await origin.idle();
    await watch.expectNone();
    expect(origin.requests).toHaveLength(1);
    expect(policy.stats().retries).toBe(0);
    expect(seen).toEqual([]);
  });

  it('during a delay ends it at once, and nothing is tried again', async () => {
    const { http, policy } = await start(SLEEPY);
    origin.always(unavailable);
    const watch = watchLeaks();
    const seen: unknown[] = [];
    const subscription = http
      .get(origin.url)
      .subscribe({ next: (value) => seen.push(value), error: (error) => seen.push(error) });
    await untilItWaits(policy);

    subscription.unsubscribe();
    await policy.close();

    await watch.expectNone();
    expect(origin.requests).toHaveLength(1);
    expect(seen).toEqual([]);
  });
});

describe('firstValueFrom with the timeout of rxjs', () => {
  it('cancels an attempt that takes too long', async () => {
    const { http } = await start(QUICK);
    origin.always(never());
    const watch = watchLeaks();

    await expect(firstValueFrom(http.get(origin.url).pipe(timeout(50)))).rejects.toThrow(TimeoutError);

    await origin.idle();
    await watch.expectNone();
    expect(origin.requests).toHaveLength(1);
  });

  it('cancels a delay that takes too long', async () => {
    const { http, policy } = await start(SLEEPY);
    origin.always(unavailable);
    const watch = watchLeaks();

    await expect(firstValueFrom(http.get(origin.url).pipe(timeout(100)))).rejects.toThrow(TimeoutError);

    await policy.close();
    await watch.expectNone();
    expect(origin.requests).toHaveLength(1);
  });

  it('bounds all attempts together, unlike the timeout of the policy', async () => {
    const { http } = await start({ ...QUICK, client: { allowHttp: true, timeout: '60ms' } });
    origin.always(never());

    await expect(firstValueFrom(http.get(origin.url).pipe(timeout(450)))).rejects.toThrow(TimeoutError);

    expect(origin.requests.length).toBeGreaterThan(1);
  });
});

describe('the retry of rxjs on top of the policy', () => {
  it('makes whole requests anew: (1 + count) × (1 + maxRetries) attempts', async () => {
    const { http } = await start({ ...QUICK, retry: { ...QUICK.retry, maxRetries: 3 } });
    origin.always(unavailable);

    await expect(firstValueFrom(http.get(origin.url).pipe(retry(2)))).rejects.toMatchObject({ status: 503 });

    expect(origin.requests).toHaveLength((1 + 2) * (1 + 3));
  });

  it('is alone where the request leaves retries to it', async () => {
    const { http } = await start(QUICK);
    origin.always(unavailable);
    const request = http.get(origin.url, { policy: { retry: false } });

    await expect(firstValueFrom(request.pipe(retry(2)))).rejects.toMatchObject({ status: 503 });

    expect(origin.requests).toHaveLength(3);
  });

  it('starts with fresh metadata each time', async () => {
    const { http } = await start({ ...QUICK, retry: { ...QUICK.retry, maxRetries: 1 } });
    origin.enqueue(unavailable, unavailable, unavailable, reply());

    const response = await firstValueFrom(http.get(origin.url).pipe(retry(1)));

    expect(getPolicyMetadata(response)).toMatchObject({ attempts: 2, retries: 1 });
  });
});

describe('an observable of HttpService', () => {
  it('asks for nothing before it is subscribed to, and anew at every subscription', async () => {
    const { http } = await start(QUICK);
    const request = http.get(origin.url);
    await delay(10);
    expect(origin.requests).toHaveLength(0);

    await firstValueFrom(request);
    await firstValueFrom(request);

    expect(origin.requests).toHaveLength(2);
  });

  it('emits the error of the last attempt, with its metadata', async () => {
    const { http } = await start({ ...QUICK, retry: { ...QUICK.retry, maxRetries: 2 } });
    origin.always(unavailable);

    const error = await firstValueFrom(http.get(origin.url)).catch((reason: unknown) => reason);

    expect(getPolicyMetadata(error)).toMatchObject({ attempts: 3, giveUp: 'max-retries' });
  });
});
