// What a typed program uses of the package; compiled as .ts, .cts and .mts. No Node types are needed here.
import axios from 'axios';
import {
  attachPolicy,
  type Duration,
  describeFailure,
  type GiveUpReason,
  getPolicyMetadata,
  type Policy,
  type PolicyConfig,
  PolicyConfigError,
  type RequestMetadata,
  type RequestPolicy,
  type RetryBudget,
} from 'axios-policy';

class SharedBudget implements RetryBudget {
  withdraw(_origin: string): boolean {
    return true;
  }
  deposit(_origin: string, _retries: number): void {}
}

const timeout: Duration = '2h 37min';
const config: PolicyConfig = {
  client: { connectTimeout: '2s', poolIdleTimeout: { seconds: 5 }, proxyUrl: false },
  retry: {
    budget: new SharedBudget(),
    backoff: { initBackoff: 5 },
    onRetry: ({ retry, delayMs, kind }) => {
      const told: [number, number, string] = [retry, delayMs, kind];
      void told;
    },
  },
};
const policy: Policy = attachPolicy(axios.create(), config);
const once: RequestPolicy = { retry: false, timeout };

export async function use(): Promise<number | undefined> {
  const http = axios.create();
  attachPolicy(http);
  const response = await http.get<string>('/', { policy: once });
  await http.post('/', {}, { policy: false });
  const metadata: RequestMetadata | undefined = getPolicyMetadata(response);
  const reason: GiveUpReason | undefined = metadata?.giveUp;
  const startedAt: Date | undefined = metadata?.startedAt;
  void [reason, startedAt];
  const attempts: number = policy.stats().attempts;
  void attempts;
  await policy.close({ abort: true });
  return metadata?.outcomes[0]?.status;
}

export function tell(error: unknown): string {
  return error instanceof PolicyConfigError ? error.message : describeFailure(error);
}

// @ts-expect-error: no option of the client
attachPolicy(axios, { client: { timout: 1 } });
// @ts-expect-error: no option of a request's policy
void axios.get('/', { policy: { retires: 1 } });
// @ts-expect-error: closing takes time
const closed: undefined = policy.close();
void closed;
