import { AsyncLocalStorage } from 'node:async_hooks'
import { context, SpanKind, SpanStatusCode, trace, type Context, type Span, type Tracer } from '@opentelemetry/api'
import { CHANNELS } from '../core/channels.js'
import type { Channel, Facts } from '../core/lib/traced.js'
import { attributesOf } from './attributes.js'
import { listen } from './listen.js'

/** The spans, and the channel that each one follows. */
const SPANS: [name: string, channel: Channel<Facts>, kind: SpanKind][] = [
  ['google_auth.sign_in', CHANNELS.signIn, SpanKind.INTERNAL],
  ['google_auth.refresh', CHANNELS.refresh, SpanKind.INTERNAL],
  ['google_auth.api_call', CHANNELS.apiCall, SpanKind.CLIENT],
  ['google_auth.revoke', CHANNELS.revoke, SpanKind.INTERNAL]
]
/** Outcomes that mean that something went wrong. A refused sign-in and a lost grant are news, and no errors. */
const TROUBLE = new Set(['failed', 'unconfirmed'])

/** A span of ours, and what was active around it when it began. */
interface Frame {
  outer: Context
  inner: Context
}

/** Makes spans until the function that comes back is called. */
export function makeSpans(tracer: Tracer): () => void {
  const frames = new AsyncLocalStorage<Frame>()
  const stops = SPANS.map(([name, channel, kind]) => {
    const spans = new WeakMap<Facts, Span>()
    const begin = (facts: Facts): Frame => {
      const outer = context.active()
      const span = tracer.startSpan(name, { kind }, parentIn(outer, frames.getStore()))
      spans.set(facts, span)
      return { outer, inner: trace.setSpan(outer, span) }
    }
    const end = (facts: Facts): void => {
      const span = spans.get(facts)
      if (span === undefined) return // it began before telemetry did
      span.setAttributes(attributesOf(facts))
      if (TROUBLE.has(facts.outcome ?? '')) span.setStatus({ code: SpanStatusCode.ERROR })
      span.end()
    }
    channel.start.bindStore(frames, begin)
    const stopListening = listen(channel.asyncEnd, end)
    return () => {
      channel.start.unbindStore(frames)
      stopListening()
    }
  })
  return () => stops.forEach((stop) => stop())
}

/** A span of ours is the parent, unless another one was begun inside of it. */
function parentIn(active: Context, frame: Frame | undefined): Context {
  return frame?.outer === active ? frame.inner : active
}
