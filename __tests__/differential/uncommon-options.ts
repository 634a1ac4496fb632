import { Readable } from 'node:stream';
import FormDataPackage from 'form-data';
import { constants, refuse, type Values } from './values.js';

const web = (): FormData => {
  const form = new FormData();
  form.append('a', '1');
  form.append('file', new Blob(['content'], { type: 'text/x' }), 'file.txt');
  return form;
};

const form = (): FormDataPackage => {
  const filled = new FormDataPackage();
  filled.append('a', '1');
  filled.append('b', Buffer.from('2'), { filename: 'b.bin' });
  return filled;
};

/** Options that axios' own adapter has to see to. */
export const UNCOMMON: Readonly<Record<string, Values>> = {
  'data of a kind': {
    stream: () => Readable.from(['one ', 'two'], { objectMode: false }),
    'stream that fails': () =>
      new Readable({
        read() {
          this.destroy(new Error('out of data'));
        },
      }),
    blob: () => new Blob(['blob'], { type: 'x/blob' }),
    'untyped blob': () => new Blob(['blob']),
    form,
    web,
    map: () => new Map([['a', 1]]),
    symbol: () => Symbol.iterator,
    function: () => refuse,
  },
  auth: constants({ both: { username: 'ä', password: 'p:w' }, name: { username: 'u' }, empty: {} }),
  'url with credentials': { both: ({ url }) => url.replace('://', '://us%40er:pa%20ss@') },
  'url that is odd': {
    data: () => 'data:text/plain;base64,aGk=',
    relative: () => '/relative',
    'no port': () => 'http://127.0.0.1:99999/',
    ftp: () => 'ftp://example.test/',
    none: () => undefined,
  },
  responseType: constants({ stream: 'stream', blob: 'blob', document: 'document', nonsense: 'nonsense' }),
  responseEncoding: constants({ latin1: 'latin1', utf8: 'utf8', base64: 'base64', klingon: 'klingon' }),
  maxContentLength: constants({ 0: 0, 5: 5, large: 1e9, '-1': -1, text: '5' }),
  maxBodyLength: constants({ 0: 0, 5: 5, large: 1e9, text: '5' }),
  maxRate: constants({ number: 1e8, list: [1e8, 1e8], zero: 0 }),
  progress: {
    up: () => ({ onUploadProgress: () => {} }),
    down: () => ({ onDownloadProgress: () => {} }),
    throwing: () => ({ onDownloadProgress: () => {}, onUploadProgress: () => {} }),
  },
  insecureHTTPParser: constants({ true: true, false: false }),
  sensitiveHeaders: constants({ list: ['X-Plain'], bad: 'X-Plain' }),
  family: constants({ 4: 4, 0: 0 }),
  lookup: {
    own:
      () =>
      (_host: string, _options: object, callback: (error: null, address: string, family: number) => void) =>
        callback(null, '127.0.0.1', 4),
  },
  formDataHeaderPolicy: {
    content: () => ({ data: form(), formDataHeaderPolicy: 'content-only', method: 'post' }),
  },
  env: {
    FormData: () => ({
      env: { FormData: FormDataPackage },
      data: { a: 1 },
      headers: { 'Content-Type': 'multipart/form-data' },
    }),
  },
  httpVersion: constants({ 1: 1, 3: 3, text: 'two' }),
  socketPath: constants({ missing: '/nonexistent/socket', number: 7 }),
  signal: {
    'aborted before': () => AbortSignal.abort(),
    'aborted with a reason': () => AbortSignal.abort('why'),
    'never aborted': () => new AbortController().signal,
    'in the tick': () => {
      const controller = new AbortController();
      queueMicrotask(() => controller.abort());
      return controller.signal;
    },
  },
  cancelToken: {
    'cancelled before': ({ axios }) => {
      const source = axios.CancelToken.source();
      source.cancel('too early');
      return source.token;
    },
    never: ({ axios }) => axios.CancelToken.source().token,
    'in the tick': ({ axios }) => {
      const source = axios.CancelToken.source();
      queueMicrotask(() => source.cancel('in the tick'));
      return source.token;
    },
  },
};

/** What ends a request that gets no answer. */
export const LIMITS: Readonly<Record<string, Values>> = {
  limit: {
    timeout: () => ({ timeout: 300 }),
    'timeout with a message': () => ({ timeout: '300', timeoutErrorMessage: 'too slow' }),
    'timeout made clear': () => ({ timeout: 300, transitional: { clarifyTimeoutError: true } }),
    signal: (world) => {
      const controller = new AbortController();
      world.onArrival(() => controller.abort(new Error('enough')));
      return { signal: controller.signal };
    },
    cancelToken: (world) => {
      const source = world.axios.CancelToken.source();
      world.onArrival(() => source.cancel('enough'));
      return { cancelToken: source.token };
    },
  },
};
