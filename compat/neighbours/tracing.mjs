// @ts-check
import { register } from 'node:module';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';

/**
 * To be loaded before a program with `--import`: traces it, and keeps the spans. `TRACED_BY` is a list of who makes the
 * spans: `http`, the instrumentation of node:http, and `policy`, which the program itself sees to.
 */
register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);

const exporter = new InMemorySpanExporter();
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register();
registerInstrumentations({
  instrumentations: [
    new HttpInstrumentation({
      disableOutgoingRequestInstrumentation: !process.env.TRACED_BY?.includes('http'),
    }),
  ],
});

/** The spans that have ended. */
const spans = () =>
  exporter.getFinishedSpans().map((span) => ({
    scope: span.instrumentationScope.name,
    kind: span.kind,
    name: span.name,
    id: span.spanContext().spanId,
    trace: span.spanContext().traceId,
    parent: span.parentSpanContext?.spanId,
    status: span.attributes['http.status_code'] ?? span.attributes['http.response.status_code'],
    resends: span.attributes['http.request.resend_count'],
  }));

Object.assign(globalThis, { finishedSpans: spans });
