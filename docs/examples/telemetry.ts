/**
 * Starts OpenTelemetry: spans to the console, metrics for Prometheus at http://127.0.0.1:9464/metrics. Load it before the app, so
 * that the HTTP server is instrumented from its start: node --import ./telemetry.js app.js
 */
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, ConsoleSpanExporter, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import { enableTelemetry } from 'fastify-google-auth/opentelemetry'

const tracerProvider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(new ConsoleSpanExporter())] })
tracerProvider.register()
const meterProvider = new MeterProvider({ readers: [new PrometheusExporter({ host: '127.0.0.1', port: 9464 })] })

// A second lock: parameters that hold secrets are replaced in the spans of any server and of any client.
const SECRETS = ['code', 'state', 'access_token', 'id_token', 'token']
new HttpInstrumentation({ redactedQueryParams: SECRETS, redactedQueryParamsServer: SECRETS }).setTracerProvider(
  tracerProvider
)

const disableTelemetry = enableTelemetry({ tracerProvider, meterProvider })

process.once('SIGTERM', () => {
  disableTelemetry()
  void Promise.all([tracerProvider.shutdown(), meterProvider.shutdown()])
})
