// What can be known only by running the code: defaults and their reasons, and what is measured.
import { publish } from './channels.mjs';
import { load } from './load.mjs';

/** Every option with its default and the reason for it, by its key. */
export function explainedOptions() {
  const { client, retry } = load('explain/index').explainPolicy({});
  return new Map([...client, ...(retry || [])].map((field) => [field.key, field]));
}

/** One of everything that the state of a policy has. */
const STATS = {
  name: 'prices',
  pools: [{ origin: 'https://api.example.com:443', active: 1, idle: 1, pending: 1 }],
  http2: [
    {
      origin: 'https://api.example.com:443',
      pending: 1,
      sessions: [{ state: 'active', activeStreams: 1, openedStreams: 1 }],
    },
  ],
  budget: [{ origin: 'https://api.example.com', tokens: 10, capacity: 10 }],
  addresses: [{ host: 'api.example.com:443', address: '192.0.2.1', state: 'ejected' }],
};

/** The instruments that are made, each with the attributes that it was given; and the attributes of spans. */
export function instruments() {
  const made = [];
  let observe = () => undefined;
  const meter = new Proxy(
    {},
    {
      get: (_target, method) => (name, options) => {
        if (method === 'addBatchObservableCallback') observe = name;
        if (typeof name !== 'string') return undefined;
        const attributes = new Set();
        const note = (_value, given = {}) => {
          for (const key of Object.keys(given)) attributes.add(key);
        };
        made.push({ name, kind: String(method).replace(/^create/, ''), ...options, attributes });
        return { add: note, record: note };
      },
    },
  );
  const spans = new Set();
  const span = {
    setAttributes(given) {
      for (const key of Object.keys(given)) spans.add(key);
      return span;
    },
    setStatus: () => span,
    end: () => undefined,
    spanContext: () => ({ traceId: '1'.repeat(32), spanId: '1'.repeat(16), traceFlags: 1 }),
    isRecording: () => true,
  };
  const startSpan = (_name, { attributes = {} } = {}) => span.setAttributes(attributes);
  const stop = load('opentelemetry/index').instrumentPolicy({
    meterProvider: { getMeter: () => meter },
    tracerProvider: { getTracer: () => ({ startSpan }) },
    policies: [{ stats: () => STATS }],
  });
  publish();
  observe({ observe: (instrument, value, attributes) => instrument.record(value, attributes) });
  stop();
  return { metrics: made.map((one) => ({ ...one, attributes: [...one.attributes] })), spans: [...spans] };
}
