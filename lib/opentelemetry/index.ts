/**
 * Spans and metrics of OpenTelemetry for every policy of the process.
 * @packageDocumentation
 */
export type { MeasuredPolicy } from './gauges.js';
export { type InstrumentationOptions, instrumentPolicy } from './instrument.js';
