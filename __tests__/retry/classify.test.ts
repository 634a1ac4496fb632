import axios, { AxiosError, AxiosHeaders, CanceledError, type InternalAxiosRequestConfig } from 'axios';
import MockAdapter from 'axios-mock-adapter';
import oldest from 'axios-oldest';
import fc from 'fast-check';
import nock from 'nock';
import {
  ConnectTimeoutError,
  HttpNotAllowedError,
  PolicyConfigError,
  PolicyError,
} from '../../lib/errors.js';
import { classify, type FailureKind, type Observation, UNOBSERVED } from '../../lib/retry/classify.js';

const config: InternalAxiosRequestConfig = { headers: new AxiosHeaders(), url: 'https://host/x' };
const responseOf = (status: number) => ({ status, statusText: '', headers: {}, config, data: '' });

/** An error as Node makes it. */
const system = (code: string, more: object = {}): Error =>
  Object.assign(new Error(`something ${code}`), { code, ...more });
/** As axios wraps the errors of a request. */
const wrapped = (error: Error, status?: number): AxiosError =>
  AxiosError.from(error, undefined, config, null, status === undefined ? undefined : responseOf(status));
/** As axios rejects a status that validateStatus does not take. */
const settled = (status: number): AxiosError =>
  new AxiosError(
    `Request failed with status code ${status}`,
    status < 500 ? 'ERR_BAD_REQUEST' : 'ERR_BAD_RESPONSE',
    config,
    null,
    responseOf(status),
  );
/** As axios rejects JSON it cannot parse. */
const unreadable = (status: number): AxiosError =>
  AxiosError.from(
    new SyntaxError('Unexpected token <'),
    'ERR_BAD_RESPONSE',
    config,
    null,
    responseOf(status),
  );
const aborted = new AxiosError('stream has been aborted', 'ERR_BAD_RESPONSE', config, null, responseOf(200));

const seen = (phase: Observation['phase'], more: Partial<Observation> = {}): Observation => ({
  ...UNOBSERVED,
  phase,
  ...more,
});
const phases: readonly Observation['phase'][] = ['unobserved', 'connect', 'sent', 'response', 'complete'];
const kindOf = (error: unknown, observation: Observation = UNOBSERVED): FailureKind =>
  classify(error, observation).kind;
const perPhase = (error: unknown): readonly FailureKind[] =>
  phases.map((phase) => kindOf(error, seen(phase)));
const always = (kind: FailureKind): readonly FailureKind[] => phases.map(() => kind);

describe('a request that was cancelled', () => {
  it.each([
    ['a CanceledError', new CanceledError('canceled', config)],
    ['one of the oldest axios', new oldest.CanceledError('canceled')],
    ['a bare Cancel', { __CANCEL__: true, message: 'x' }],
    ['an AbortError of the caller’s own adapter', new DOMException('aborted', 'AbortError')],
    ['a wrapped CanceledError', new Error('api', { cause: new CanceledError('canceled', config) })],
  ])('is cancelled: %s', (_name, error) => {
    expect(perPhase(error)).toEqual(always('cancelled'));
    expect(
      kindOf(error, seen('response', { expired: 'timeout', truncated: true, neverProcessed: true })),
    ).toBe('cancelled');
  });
});

describe('a limit of ours that fired', () => {
  it.each(['timeout', 'readTimeout'] as const)(
    '%s is a timeout, whatever the error, unless there was no connection yet and nothing was sent',
    (expired) => {
      for (const phase of phases) {
        for (const error of [system('ECONNRESET'), aborted, settled(503), new Error('odd'), undefined]) {
          const expected = phase === 'connect' ? 'connect' : 'timeout';
          expect(kindOf(error, seen(phase, { expired }))).toBe(expected);
        }
      }
    },
  );
});

describe('a request the server vouches not to have processed', () => {
  it('counts as not sent', () => {
    const error = wrapped(new PolicyError('ERR_POLICY_HTTP2_STREAM', 'refused'));
    expect(kindOf(error, seen('sent', { neverProcessed: true }))).toBe('connect');
  });

  it('is known by Node’s message where nothing was observed', () => {
    const refused = system('ERR_HTTP2_STREAM_ERROR', {
      message: 'Stream closed with error code NGHTTP2_REFUSED_STREAM',
    });
    expect(kindOf(wrapped(refused))).toBe('connect');
    expect(kindOf(wrapped(refused), seen('sent'))).toBe('dropped');
  });
});

describe('our own errors', () => {
  const tunnel = (proxyStatus: number | undefined, more: object = {}) =>
    wrapped(
      Object.assign(new PolicyError('ERR_POLICY_PROXY_TUNNEL', 'tunnel refused'), { proxyStatus, ...more }),
    );
  const notSent: readonly FailureKind[] = ['connect', 'connect', 'dropped', 'dropped', 'dropped'];

  it.each([
    ['http that is not allowed', wrapped(new HttpNotAllowedError('http://host'))],
    ['a bad configuration', new PolicyConfigError([{ path: 'a', expected: 'b', received: 'c' }])],
    ['a server without HTTP/2', wrapped(new PolicyError('ERR_POLICY_HTTP2_NOT_SUPPORTED', 'no h2'))],
    ['proxy credentials', wrapped(new PolicyError('ERR_POLICY_PROXY_AUTH', '407'))],
    ['a tunnel refused with 403', tunnel(403)],
    ['a tunnel answered with no HTTP', tunnel(undefined)],
  ])('%s: permanent', (_name, error) => {
    expect(perPhase(error)).toEqual(always('permanent'));
  });

  it.each([500, 502, 504, 429, 408])('a tunnel refused with %d: not sent', (proxyStatus) => {
    expect(perPhase(tunnel(proxyStatus))).toEqual(notSent);
  });

  it('a proxy that hung up: not sent', () => {
    expect(perPhase(tunnel(undefined, { syscall: 'connect', code: 'ECONNRESET' }))).toEqual(notSent);
  });

  it('a connect timeout: not sent, unless an earlier hop of a redirect was', () => {
    const error = wrapped(new ConnectTimeoutError('host:443', 5000));
    expect(error.code).toBe('ETIMEDOUT');
    expect(perPhase(error)).toEqual(notSent);
  });

  it('a PING without an answer: a timeout', () => {
    expect(perPhase(wrapped(new PolicyError('ERR_POLICY_PING_TIMEOUT', 'no ACK')))).toEqual(
      always('timeout'),
    );
    expect(perPhase(wrapped(system('ETIMEDOUT', { syscall: 'ping' })))).toEqual(always('timeout'));
  });

  it.each(['ERR_POLICY_HTTP2_STREAM', 'ERR_POLICY_HTTP2_SESSION'] as const)(
    '%s: dropped once it was sent',
    (code) => {
      const error = wrapped(new PolicyError(code, 'lost'));
      expect(perPhase(error)).toEqual(['dropped', 'connect', 'dropped', 'dropped', 'dropped']);
    },
  );

  it('are recognised by their code alone, as from another copy of the package', () => {
    expect(kindOf(wrapped(system('ERR_POLICY_PROXY_AUTH')), seen('connect'))).toBe('permanent');
  });

  it('are recognised inside the error of a redirect', () => {
    const inner = Object.assign(new Error('Redirected request failed'), {
      code: 'ERR_FR_REDIRECTION_FAILURE',
    });
    inner.cause = new HttpNotAllowedError('http://host');
    const { kind, code } = classify(wrapped(inner), seen('response'));
    expect([kind, code]).toEqual(['permanent', 'ERR_FR_REDIRECTION_FAILURE']);
  });
});

describe('a certificate that was rejected', () => {
  it.each([
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'CERT_HAS_EXPIRED',
    'HOSTNAME_MISMATCH',
    'UNSPECIFIED',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE',
    'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
  ])('%s is permanent', (code) => {
    expect(perPhase(wrapped(system(code)))).toEqual(always('permanent'));
  });

  it('is recognised behind the fetch adapter’s ERR_NETWORK', () => {
    const error = new AxiosError('Network Error', 'ERR_NETWORK', config);
    error.cause = system('CERT_HAS_EXPIRED');
    expect(kindOf(error)).toBe('permanent');
  });

  it('is not any trouble of TLS', () => {
    expect(perPhase(wrapped(system('ERR_SSL_WRONG_VERSION_NUMBER')))).toEqual([
      'dropped',
      'connect',
      'dropped',
      'dropped',
      'dropped',
    ]);
  });
});

describe('a certificate that a check of the caller’s own rejected', () => {
  it('is permanent, whatever the error says of itself', () => {
    for (const error of [new Error('pin'), wrapped(new Error('pin')), wrapped(system('ECONNRESET'))])
      expect(kindOf(error, seen('connect', { untrusted: true }))).toBe('permanent');
  });
});

describe('a failure in the body of an error', () => {
  const head = (status: number) => seen('response', { refused: { status, headers: { 'retry-after': '9' } } });

  it.each([503, 429, 404])('is what its head said: %d', (status) => {
    for (const error of [aborted, wrapped(system('ECONNRESET')), wrapped(system('HPE_INVALID_CHUNK_SIZE'))]) {
      for (const how of [{ truncated: true }, { expired: 'timeout' }, {}] as const)
        expect(classify(error, { ...head(status), ...how })).toMatchObject({ kind: 'status' });
    }
    const withoutResponse = wrapped(system('ECONNRESET'));
    expect(classify(withoutResponse, head(status))).toMatchObject({
      status,
      headers: { 'retry-after': '9' },
    });
  });

  it('is none if the caller gave up, or the body was too long', () => {
    expect(kindOf(new CanceledError(), head(503))).toBe('cancelled');
    const tooLong = new AxiosError('maxContentLength size of 9 exceeded', 'ERR_BAD_RESPONSE', config);
    expect(kindOf(tooLong, head(503))).toBe('permanent');
  });
});

describe('a request at fault', () => {
  it.each([
    ['too many redirects', wrapped(system('ERR_FR_TOO_MANY_REDIRECTS'))],
    ['a body above the limit of follow-redirects', wrapped(system('ERR_FR_MAX_BODY_LENGTH_EXCEEDED'))],
    ['a bad option', new AxiosError('bad', 'ERR_BAD_OPTION', config)],
    ['a bad option value', new AxiosError('bad', 'ERR_BAD_OPTION_VALUE', config)],
    ['an unsupported feature', new AxiosError('bad', 'ERR_NOT_SUPPORT', config)],
    ['an unsupported protocol', new AxiosError('Unsupported protocol foo:', 'ERR_BAD_REQUEST', config)],
    ['an invalid URL', wrapped(Object.assign(new TypeError('Invalid URL'), { code: 'ERR_INVALID_URL' }))],
    ['an invalid header', wrapped(system('ERR_INVALID_CHAR'))],
    [
      'a connection that Node’s permission model does not allow',
      wrapped(Object.assign(system('ERR_ACCESS_DENIED'), { syscall: 'connect' })),
    ],
    ['a connection that the block list of an agent does not allow', wrapped(system('ERR_IP_BLOCKED'))],
    ['an unreadable key', wrapped(system('ERR_OSSL_EVP_BAD_DECRYPT'))],
    ['maxContentLength', new AxiosError('maxContentLength size of 9 exceeded', 'ERR_BAD_RESPONSE', config)],
    [
      'maxBodyLength',
      new AxiosError('Request body larger than maxBodyLength limit', 'ERR_BAD_REQUEST', config),
    ],
  ])('%s: permanent', (_name, error) => {
    expect(perPhase(error)).toEqual(always('permanent'));
    expect(kindOf(error, seen('response', { truncated: true }))).toBe('permanent');
  });

  it('a server that does not speak HTTP: permanent', () => {
    expect(kindOf(wrapped(system('HPE_INVALID_CONSTANT')), seen('sent'))).toBe('permanent');
  });
});

describe('an error that nobody on the way of a request makes', () => {
  it.each([
    [new Error('business')],
    [new TypeError('x is undefined')],
    ['thrown'],
    [null],
    [undefined],
    [42],
    [{}],
    [{ code: 23 }],
  ])('%p is permanent', (error) => {
    expect(perPhase(error)).toEqual(always('permanent'));
    expect(classify(error, UNOBSERVED)).toEqual({
      kind: 'permanent',
      status: undefined,
      code: undefined,
      response: undefined,
    });
  });
});

describe('a failure while connecting', () => {
  it.each([
    'ECONNREFUSED',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ECONNRESET',
    'ETIMEDOUT',
    'EPROTO',
    'ECONNABORTED',
    'ESOMETHINGNEW',
  ])('%s is a connection error where no connection was seen', (code) => {
    expect(kindOf(wrapped(system(code)), seen('connect'))).toBe('connect');
  });

  it('needs no code', () => {
    expect(kindOf(wrapped(new Error('lookup failed')), seen('connect'))).toBe('connect');
  });

  it.each([
    ['connect', 'ETIMEDOUT'],
    ['connect', 'ENOENT'],
    ['getaddrinfo', 'ENOTFOUND'],
    ['queryA', 'ETIMEOUT'],
  ])('is told by the system call %s, too', (syscall, code) => {
    expect(perPhase(wrapped(system(code, { syscall })))).toEqual([
      'connect',
      'connect',
      'dropped',
      'dropped',
      'dropped',
    ]);
  });

  it.each([
    'ECONNREFUSED',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'UND_ERR_CONNECT_TIMEOUT',
  ])(
    '%s is one by its code where nothing was observed, and a lost connection where a request was',
    (code) => {
      expect(perPhase(wrapped(system(code)))).toEqual([
        'connect',
        'connect',
        'dropped',
        'dropped',
        'dropped',
      ]);
    },
  );

  it('is not EHOSTUNREACH of a connection in use', () => {
    expect(kindOf(wrapped(system('EHOSTUNREACH', { syscall: 'read' })))).toBe('dropped');
  });

  it('may have one error per address', () => {
    const members = [
      system('ECONNREFUSED', { syscall: 'connect' }),
      system('ETIMEDOUT', { syscall: 'connect' }),
    ];
    const aggregate = Object.assign(new AggregateError(members), { code: 'ECONNREFUSED' });
    expect(perPhase(wrapped(aggregate))).toEqual(['connect', 'connect', 'dropped', 'dropped', 'dropped']);
    expect(kindOf(new AggregateError([system('ENOTFOUND'), system('ECONNREFUSED')]))).toBe('connect');
  });

  it('is not one if an address was reached', () => {
    expect(kindOf(new AggregateError([system('ECONNREFUSED'), system('ECONNRESET')]))).toBe('dropped');
  });
});

describe('a lost connection', () => {
  it('cuts the body short: dropped, although status and code say otherwise', () => {
    expect(kindOf(aborted, seen('response', { truncated: true }))).toBe('dropped');
    expect(kindOf(settled(503), seen('response', { truncated: true }))).toBe('dropped');
    expect(kindOf(wrapped(system('Z_BUF_ERROR'), 200), seen('response', { truncated: true }))).toBe(
      'dropped',
    );
  });

  it('cuts the body short: told by axios’ message where nothing was observed', () => {
    const result = classify(aborted, UNOBSERVED);
    expect([result.kind, result.status, result.code]).toEqual(['dropped', 200, 'ERR_BAD_RESPONSE']);
  });

  it.each([
    'ECONNRESET',
    'EPIPE',
    'ERR_NETWORK',
    'ERR_STREAM_PREMATURE_CLOSE',
    'ERR_HTTP2_STREAM_ERROR',
    'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC',
    'HPE_INVALID_EOF_STATE',
    'UND_ERR_SOCKET',
  ])('%s is dropped, whatever of the response came', (code) => {
    expect(perPhase(wrapped(system(code)))).toEqual(['dropped', 'connect', 'dropped', 'dropped', 'dropped']);
    expect(kindOf(wrapped(system(code), 200), seen('response'))).toBe('dropped');
  });

  it('without a code is dropped', () => {
    expect(kindOf(wrapped(new Error('socket hang up')), seen('sent'))).toBe('dropped');
    expect(kindOf(Object.assign(new Error('Network Error'), { isAxiosError: true }))).toBe('dropped');
    expect(kindOf(wrapped(new TypeError('Network error')))).toBe('dropped');
  });

  it('is not any error without a code', () => {
    expect(kindOf(wrapped(new TypeError('x is not a function')))).toBe('permanent');
  });

  it('by the kernel is ECONNABORTED with a system call', () => {
    expect(kindOf(wrapped(system('ECONNABORTED', { syscall: 'read' })), seen('sent'))).toBe('dropped');
    expect(kindOf(new AxiosError('Request aborted', 'ECONNABORTED', config))).toBe('dropped');
  });
});

describe('a timeout of somebody else', () => {
  it.each([
    ['of axios', new AxiosError('timeout of 100ms exceeded', 'ECONNABORTED', config)],
    ['of axios, clarified', new AxiosError('timeout of 100ms exceeded', 'ETIMEDOUT', config)],
    ['of axios, in the caller’s words', new AxiosError('too slow', 'ECONNABORTED', config)],
    ['of the oldest axios', new oldest.AxiosError('timeout of 100ms exceeded', 'ECONNABORTED')],
    ['of agentkeepalive', wrapped(system('ERR_SOCKET_TIMEOUT'))],
    ['of undici', wrapped(system('UND_ERR_HEADERS_TIMEOUT'))],
    ['of AbortSignal.timeout()', new DOMException('timed out', 'TimeoutError')],
  ])('%s', (_name, error) => {
    expect(kindOf(error)).toBe('timeout');
  });

  it('of the fetch adapter, whose cause is the AbortError it provoked', () => {
    const error = new AxiosError('timeout of 100ms exceeded', 'ECONNABORTED', config);
    error.cause = new DOMException('aborted', 'AbortError');
    expect(kindOf(error)).toBe('timeout');
  });

  it('of the kernel, on a connection in use', () => {
    expect(kindOf(wrapped(system('ETIMEDOUT', { syscall: 'read' })), seen('sent'))).toBe('timeout');
  });
});

describe('a response', () => {
  it.each([400, 404, 408, 429, 500, 503])('of status %d is judged by it', (status) => {
    for (const phase of ['unobserved', 'response', 'complete'] as const) {
      const result = classify(settled(status), seen(phase));
      expect([result.kind, result.status]).toEqual(['status', status]);
      expect(result.response).toMatchObject({ status });
    }
  });

  it('that validateStatus does not take is judged by its status, also a 200 or 304', () => {
    expect(kindOf(settled(304), seen('complete'))).toBe('status');
    expect(kindOf(settled(200), seen('complete'))).toBe('status');
  });

  it('of an error status with HTML instead of JSON is judged by its status', () => {
    expect(kindOf(unreadable(503), seen('complete'))).toBe('status');
    expect(kindOf(Object.assign(new SyntaxError('Unexpected token'), { response: responseOf(503) }))).toBe(
      'status',
    );
  });

  it('of a good status with bad JSON is permanent', () => {
    expect(kindOf(unreadable(200), seen('complete'))).toBe('permanent');
    expect(kindOf(Object.assign(new SyntaxError('Unexpected token'), { response: responseOf(200) }))).toBe(
      'permanent',
    );
  });

  it('of a good status with bad gzip is permanent', () => {
    expect(kindOf(wrapped(system('Z_DATA_ERROR'), 200), seen('complete'))).toBe('permanent');
  });

  it('without a status is none', () => {
    const error = new AxiosError('odd', 'ERR_BAD_RESPONSE', config);
    Object.assign(error, { response: { status: '503' } });
    expect(classify(error, UNOBSERVED)).toMatchObject({ kind: 'permanent', status: undefined });
  });
});

describe('an error that the oldest axios wrapped, which copies every property of its cause', () => {
  // The types of 1.7.9 for CommonJS leave `from` out.
  const { from } = oldest.AxiosError as unknown as typeof AxiosError;
  const flattened = (error: Error) => from(error, undefined, undefined, null);

  it.each<[string, Error, Observation['phase'], FailureKind]>([
    ['a connect timeout', new ConnectTimeoutError('host:443', 5000), 'connect', 'connect'],
    ['http that is not allowed', new HttpNotAllowedError('http://host'), 'connect', 'permanent'],
    ['a reset', system('ECONNRESET', { syscall: 'read' }), 'sent', 'dropped'],
    [
      'an unreachable host on a connection in use',
      system('EHOSTUNREACH', { syscall: 'read' }),
      'unobserved',
      'dropped',
    ],
    [
      'no address reached',
      new AggregateError([system('ECONNREFUSED', { syscall: 'connect' })]),
      'unobserved',
      'connect',
    ],
    [
      'a tunnel refused with 502',
      Object.assign(new PolicyError('ERR_POLICY_PROXY_TUNNEL', 'refused'), { proxyStatus: 502 }),
      'connect',
      'connect',
    ],
  ])('%s', (_name, error, phase, kind) => {
    expect(kindOf(flattened(error), seen(phase))).toBe(kind);
  });
});

describe('an error that an earlier interceptor wrapped', () => {
  const wrap = (cause: unknown, times: number): unknown =>
    times === 0 ? cause : new Error(`wrapper ${times}`, { cause: wrap(cause, times - 1) });

  it.each([1, 3, 5])('%d deep is what it wraps', (depth) => {
    expect(classify(wrap(settled(503), depth), seen('complete'))).toMatchObject({
      kind: 'status',
      status: 503,
    });
    expect(kindOf(wrap(wrapped(system('ECONNREFUSED')), depth - 1))).toBe('connect');
  });

  it('deeper than five is not looked for', () => {
    expect(kindOf(wrap(settled(503), 6), seen('complete'))).toBe('permanent');
  });

  it('in a circle does no harm', () => {
    const first = new Error('first');
    const second = new Error('second', { cause: first });
    first.cause = second;
    expect(kindOf(first)).toBe('permanent');
    const circle = new AggregateError([]);
    circle.errors.push(circle);
    expect(kindOf(circle)).toBe('permanent');
  });

  it('without a cause, but with the response, is judged by the response', () => {
    expect(kindOf(Object.assign(new Error('api'), { response: responseOf(503) }))).toBe('status');
    expect(kindOf(Object.assign(new Error('business'), { response: responseOf(200) }))).toBe('permanent');
  });
});

describe('what mocks reject with', () => {
  const instance = axios.create();

  it('axios-mock-adapter', async () => {
    const mock = new MockAdapter(instance);
    const failure = (path: string) => instance.get(path).catch((error: unknown) => kindOf(error));
    mock.onGet('/network').networkError();
    mock.onGet('/timeout').timeout();
    mock.onGet('/abort').abortRequest();
    mock.onGet('/503').reply(503);
    const kinds = await Promise.all(['/network', '/timeout', '/abort', '/503', '/absent'].map(failure));
    expect(kinds).toEqual(['dropped', 'timeout', 'dropped', 'status', 'status']);
    mock.restore();
  });

  it('nock', async () => {
    nock('http://mocked').get('/reset').replyWithError(system('ECONNRESET'));
    nock('http://mocked').get('/refused').replyWithError(system('ECONNREFUSED'));
    nock('http://mocked').get('/502').reply(502);
    const failure = (path: string) =>
      axios.get(`http://mocked${path}`, { proxy: false }).catch((error: unknown) => kindOf(error));
    expect(await Promise.all(['/reset', '/refused', '/502'].map(failure))).toEqual([
      'dropped',
      'connect',
      'status',
    ]);
    nock.restore();
    nock.cleanAll();
  });

  it('a fetch of one’s own', async () => {
    const fetchFailure = (cause: Error) => async () => {
      throw new TypeError('fetch failed', { cause });
    };
    const failure = (cause: Error) =>
      axios
        .get('http://mocked/x', { adapter: 'fetch', env: { fetch: fetchFailure(cause) } })
        .catch((error: unknown) => kindOf(error));
    expect(await failure(system('ECONNREFUSED'))).toBe('connect');
    expect(await failure(system('UND_ERR_SOCKET'))).toBe('dropped');
    expect(await failure(system('UND_ERR_BODY_TIMEOUT'))).toBe('timeout');
    expect(await failure(system('CERT_HAS_EXPIRED'))).toBe('permanent');
  });
});

it('every error has a kind, however odd', () => {
  const anyObservation = fc.record({
    phase: fc.constantFrom(...phases),
    expired: fc.constantFrom('timeout' as const, 'readTimeout' as const, undefined),
    neverProcessed: fc.boolean(),
    truncated: fc.boolean(),
  });
  const kinds = ['status', 'connect', 'dropped', 'timeout', 'cancelled', 'permanent'];
  fc.assert(
    fc.property(fc.anything(), anyObservation, (error, observation) => {
      expect(kinds).toContain(classify(error, observation).kind);
    }),
  );
});
