import { metrics, trace, type MeterProvider, type TracerProvider } from '@opentelemetry/api'
import { blankQueries } from './blank-query.js'
import { makeMetrics } from './metrics.js'
import { makeSpans } from './spans.js'

/** The name of the instrumentation scope of all spans and metrics. */
const SCOPE = 'fastify-google-auth'

/** Where spans and metrics go. */
export interface TelemetryOptions {
  /** Makes the spans; default: the global provider. */
  tracerProvider?: TracerProvider
  /** Makes the metrics; default: the provider that is global now, so start the SDK before. */
  meterProvider?: MeterProvider
}

/**
 * A function that takes everything away again. Until it is called, there are spans and metrics of sign-ins, refreshes, API calls,
 * ends of grants, keys and the storage, of all apps of this process: those that have the plugin already, and those to come. The
 * query of the plugin's own routes, which holds codes, is blanked on the HTTP server span.
 * @param options Where spans and metrics go.
 * @see https://opentelemetry.io/docs/languages/js/
 */
export function enableTelemetry(options: TelemetryOptions = {}): () => void {
  const { tracerProvider = trace.getTracerProvider(), meterProvider = metrics.getMeterProvider() } = options
  const stops = [blankQueries(), makeSpans(tracerProvider.getTracer(SCOPE)), makeMetrics(meterProvider.getMeter(SCOPE))]
  return () => stops.splice(0).forEach((stop) => stop())
}
