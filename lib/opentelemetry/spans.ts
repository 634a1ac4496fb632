import type { Attributes, Context, Span, Tracer } from '@opentelemetry/api';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { AttemptStartMessage } from '../request/channels.js';
import type { MethodNames } from './attributes.js';
import { startAttributes } from './attributes.js';

/** The part of axios' headers that propagators write to. */
interface Carrier {
  set(name: string, value: string): void;
}

const SETTER = { set: (headers: Carrier, name: string, value: string) => headers.set(name, value) };

/** One CLIENT span per attempt. */
export class AttemptSpans {
  readonly #tracer: Tracer;
  readonly #methods: MethodNames;
  readonly #open = new Map<object, { readonly span: Span; readonly context: Context }>();

  constructor(tracer: Tracer, methods: MethodNames) {
    this.#tracer = tracer;
    this.#methods = methods;
  }

  /** Begins a span, child of whatever the caller of the request was in, and puts it into the attempt's headers. */
  start(message: AttemptStartMessage): void {
    // Attempts run in the asynchronous context of the call, retries too.
    const parent = context.active();
    const name = this.#methods.spanNameOf(message.method);
    const options = { kind: SpanKind.CLIENT, attributes: startAttributes(message, this.#methods) };
    const span = this.#tracer.startSpan(name, options, parent);
    const own = trace.setSpan(parent, span);
    this.#open.set(message.id, { span, context: own });
    propagation.inject(own, (message.config as { headers: Carrier }).headers, SETTER);
  }

  /**
   * Ends a span.
   *
   * @returns the context of the span, for the exemplars of metrics. `undefined` if its beginning was not seen.
   */
  end(id: object, attributes: Attributes): Context | undefined {
    const open = this.#open.get(id);
    if (open === undefined) return undefined;
    this.#open.delete(id);
    open.span.setAttributes(attributes);
    if (attributes['error.type'] !== undefined) open.span.setStatus({ code: SpanStatusCode.ERROR });
    open.span.end();
    return open.context;
  }

  /** Ends every span that is open, without an outcome. */
  endAll(): void {
    for (const { span } of this.#open.values()) span.end();
    this.#open.clear();
  }
}
