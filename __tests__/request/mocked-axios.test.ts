import type { AxiosInstance, AxiosStatic } from 'axios';
import { attachPolicy, getPolicyMetadata, PolicyConfigError } from '../../lib/index.js';
import { AXIOS_COPIES } from '../helpers/axios-copies.js';
import { atEnd } from '../helpers/cleanup.js';
import { startOrigin } from '../helpers/origin.js';

type Fake = () => AxiosInstance;

const interceptors = () => ({
  request: { use: jest.fn(), eject: jest.fn() },
  response: { use: jest.fn(), eject: jest.fn() },
});

const shared = (): Record<string, unknown> => {
  const one: Record<string, unknown> = { defaults: { headers: {} }, interceptors: interceptors() };
  return Object.assign(one, { create: jest.fn(() => one), request: jest.fn(), get: jest.fn() });
};

/** As Vitest, sinon and `node:test` mark what they make. */
const marked = (marks: object) => Object.assign(() => undefined, marks);

const MOCKS: [string, Fake][] = [
  ['automatic mock', () => jest.createMockFromModule<AxiosStatic>('axios')],
  [
    'instance of an automatic mock',
    () => {
      const { Axios } = jest.createMockFromModule<AxiosStatic>('axios');
      return new Axios() as AxiosInstance;
    },
  ],
  ['mock with nothing but methods', () => ({ get: jest.fn(), post: jest.fn() }) as never],
  ['mock with interceptors', () => ({ get: jest.fn(), interceptors: interceptors() }) as never],
  ['mock that is its own create()', () => shared() as never],
  ['function', () => Object.assign(jest.fn(), { get: jest.fn() }) as never],
  ['stub of sinon', () => ({ get: marked({ isSinonProxy: true }) }) as never],
  ['mock of node:test', () => ({ request: marked({ mock: { calls: [] } }) }) as never],
];

describe('A mock of axios', () => {
  let warned: jest.SpyInstance;
  beforeEach(() => {
    warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  });
  afterEach(() => jest.restoreAllMocks());

  it.each(MOCKS)('that is an %s gets a policy that does nothing, with a warning', async (_is, make) => {
    const mock = make();
    const policy = attachPolicy(mock, { client: { connectTimeout: '2s' } });
    expect(warned.mock.calls).toEqual([
      [
        expect.stringContaining('attached to nothing'),
        expect.objectContaining({ code: 'AXIOS_POLICY_MOCKED_AXIOS' }),
      ],
    ]);
    expect(policy.config.client.connectTimeout).toBe(2000);
    expect(policy.stats()).toMatchObject({ pools: [], attempts: 0 });
    attachPolicy(mock).detach();
    await policy.close({ abort: true });
    await policy[Symbol.asyncDispose]();
  });

  it('gets a policy that is named, updated and closed like any other', async () => {
    const policy = attachPolicy(shared() as never, { name: 'mocked' });
    expect(policy.stats().name).toBe('mocked');
    policy.update({ name: 'renamed' });
    const { config } = policy;
    expect(policy.stats().name).toBe('renamed');
    await policy.close();
    policy.update({ name: 'late' });
    expect(policy.config).toBe(config);
    expect(() => policy.update({ client: { timeout: 0 } })).toThrow(PolicyConfigError);
  });

  it('is no excuse for a bad configuration', () => {
    expect(() => attachPolicy(shared() as never, { client: { timeout: 0 } })).toThrow(PolicyConfigError);
  });

  it('that creates nothing is told of', () => {
    const { create } = jest.createMockFromModule<AxiosStatic>('axios');
    expect(() => attachPolicy(create())).toThrow(/got undefined.*automatic mock/);
  });

  it('without a mark is told what it is', () => {
    expect(() => attachPolicy({ get: () => undefined } as never)).toThrow(PolicyConfigError);
  });
});

describe.each(AXIOS_COPIES)('An instance that a test spies on, with $name,', ({ axios }) => {
  afterEach(() => jest.restoreAllMocks());

  const attempts = async (http: AxiosInstance) => {
    const origin = await startOrigin();
    const policy = attachPolicy(http, { client: { allowHttp: true } });
    atEnd(() => policy.close({ abort: true }));
    return getPolicyMetadata(await http.get(origin.url))?.attempts;
  };

  it('has a policy, whichever of its methods that is', async () => {
    const http = axios.create();
    jest.spyOn(http, 'get');
    jest.spyOn(http, 'request');
    jest.spyOn(http.interceptors.request, 'use');
    jest.spyOn(http.interceptors.response, 'use');
    expect(await attempts(http)).toBe(1);
  });

  it('keeps its defaults where create() gives out the instance itself', async () => {
    jest.spyOn(axios, 'create').mockReturnValue(axios as never);
    const before = { ...axios.defaults };
    expect(await attempts(axios.create())).toBe(1);
    expect({ ...axios.defaults }).toEqual(before);
  });
});
