import { createRequire } from 'node:module'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type MetricData
} from '@opentelemetry/sdk-metrics'
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
  type ReadableSpan
} from '@opentelemetry/sdk-trace-node'

/** Longer than any test: the metrics are read when a test asks for them. */
const NEVER_MS = 3_600_000

/** An SDK as an app starts it, with spans of the HTTP server, whose exporters keep everything. */
export function startSdk() {
  const spanExporter = new InMemorySpanExporter()
  const tracerProvider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spanExporter)] })
  tracerProvider.register()
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: NEVER_MS })
  const meterProvider = new MeterProvider({ readers: [reader] })
  // No redaction of its own: what the span begins with is the worst case.
  new HttpInstrumentation({ redactedQueryParamsServer: [] }).setTracerProvider(tracerProvider)
  createRequire(import.meta.url)('http') // patched when it is required the next time

  return {
    tracerProvider,
    meterProvider,
    /** The spans that have ended since the last call. */
    spans(): ReadableSpan[] {
      const ended = spanExporter.getFinishedSpans()
      spanExporter.reset()
      return ended
    },
    /** The metrics since the SDK was started, by name. */
    async metrics(): Promise<Map<string, MetricData>> {
      metricExporter.reset()
      await reader.forceFlush()
      const scopes = metricExporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics)
      return new Map(scopes.flatMap(({ metrics }) => metrics).map((metric) => [metric.descriptor.name, metric]))
    }
  }
}
