/**
 * Spans and metrics of OpenTelemetry for every policy of the process.
 * @packageDocumentation
 */
export { type InstrumentationOptions, instrumentPolicy } from './instrument.js';
