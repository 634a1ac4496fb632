import axios from 'axios';
import { attachPolicy } from 'axios-policy';
import { ACHClass, Configuration, PlaidApi, TransferNetwork, TransferType } from 'plaid';
import { check, startFake } from './fake.mjs';

const fake = await startFake(({ url }) => ({
  body:
    url === '/accounts/get'
      ? { accounts: [{ account_id: 'BxBXxLj1m4HMXBm9WZZmCWVbPjX16EHwv99vp' }] }
      : { authorization: { id: '460cbe92-2dcc-8eae-5ad6-b37d0ec90fd9', decision: 'approved' } },
}));

// Everything is a POST at Plaid; these only read.
const READS = /\/(?:get|list|search|sync)$/;

const http = axios.create();
const policy = attachPolicy(http, {
  client: { allowHttp: true, timeout: '30s' }, // allowHttp: for the fake
  retry: { idempotent: (/** @type {{ url?: string }} */ { url = '' }) => READS.test(url) },
});
const configuration = new Configuration({
  basePath: fake.url, // PlaidEnvironments.production
  baseOptions: { headers: { 'PLAID-CLIENT-ID': 'id', 'PLAID-SECRET': 'secret' } },
});
const plaid = new PlaidApi(configuration, undefined, http);

fake.fails(503, 'drop');
const { data } = await plaid.accountsGet({ access_token: 'access-sandbox-1' });
check('a read is sent again after a 503 and after a dropped connection', fake.received.length === 3);
check('and answered', data.accounts[0]?.account_id.startsWith('BxB') === true);

const transfer = {
  access_token: 'access-sandbox-1',
  account_id: 'BxB',
  type: TransferType.Debit,
  network: TransferNetwork.Ach,
  ach_class: ACHClass.Ppd,
  amount: '7.00',
  user: { legal_name: 'Anne Charleston' },
};

fake.fails('drop');
const error = await plaid.transferAuthorizationCreate(transfer).catch((reason) => reason);
check('a transfer is not sent again when nobody knows what became of it', fake.received.length === 1);
check('and fails as it would without a policy', axios.isAxiosError(error));

// The key is in the body, where the policy does not look for it: the request says so itself.
fake.fails('drop');
const safe = { ...transfer, idempotency_key: crypto.randomUUID() };
await plaid.transferAuthorizationCreate(safe, { policy: { idempotent: true } });
const [first, second] = fake.received;
check('a transfer with a key is sent again, with the same key', first?.body === second?.body);

await policy.close();
fake.close();
