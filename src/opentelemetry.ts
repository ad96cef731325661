/**
 * Spans and metrics of OpenTelemetry. Needs `@opentelemetry/api`, which the app has where it has an SDK.
 * @module fastify-google-auth/opentelemetry
 */
export { enableTelemetry } from './telemetry/enable.js'
export type { TelemetryOptions } from './telemetry/enable.js'
