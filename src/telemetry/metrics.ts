import type { Attributes, Meter } from '@opentelemetry/api'
import { CHANNELS } from '../core/channels.js'
import type { Channel, Facts } from '../core/lib/traced.js'
import { attributesOf } from './attributes.js'
import { listen } from './listen.js'

/** Seconds. A command takes half a millisecond; at 1.5 s it is given up. */
const STORAGE_BOUNDS_S = [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5]
/** Seconds, as OpenTelemetry proposes for HTTP requests. */
const CALL_BOUNDS_S = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/** Counts and measures until the function that comes back is called. No attribute names a person. */
export function makeMetrics(meter: Meter): () => void {
  const counted = <F extends Facts>(
    channel: Channel<F>,
    name: string,
    about: { unit: string; description: string },
    attributes: (facts: F) => Attributes
  ): (() => void) => {
    const counter = meter.createCounter(name, about)
    return listen(channel.asyncEnd, (facts: F) => counter.add(1, attributes(facts)))
  }
  const stops = [
    counted(
      CHANNELS.signIn,
      'google_auth.sign_ins',
      { unit: '{sign_in}', description: 'Returns from Google, by outcome' },
      (facts) => attributesOf(facts, ['kind', 'outcome', 'error'])
    ),
    counted(
      CHANNELS.refresh,
      'google_auth.refreshes',
      { unit: '{refresh}', description: 'Refreshes of access tokens, by outcome' },
      (facts) => attributesOf(facts, ['outcome', 'error'])
    ),
    counted(
      CHANNELS.grantLost,
      'google_auth.lost_grants',
      { unit: '{grant}', description: 'Grants that Google has ended, by the likely cause' },
      ({ likelyCause = 'unknown' }) => attributesOf({ likelyCause } as Facts, ['likelyCause'])
    ),
    counted(
      CHANNELS.revoke,
      'google_auth.revocations',
      { unit: '{grant}', description: 'Grants that ended here, by what Google said' },
      (facts) => attributesOf(facts, ['outcome', 'error'])
    ),
    counted(
      CHANNELS.keys,
      'google_auth.key_fetches',
      { unit: '{fetch}', description: 'Fetches of the keys that sign ID tokens' },
      (facts) => attributesOf(facts, ['outcome', 'error'])
    ),
    measureApiCalls(meter),
    watchStorage(meter)
  ]
  return () => stops.forEach((stop) => stop())
}

function measureApiCalls(meter: Meter): () => void {
  const duration = meter.createHistogram('google_auth.api_call.duration', {
    unit: 's',
    description: 'Calls of APIs, with their refreshes and repetitions, until the headers of the answer',
    advice: { explicitBucketBoundaries: CALL_BOUNDS_S }
  })
  return timed(CHANNELS.apiCall, (facts, seconds) =>
    duration.record(seconds, attributesOf(facts, ['method', 'host', 'status', 'error']))
  )
}

function watchStorage(meter: Meter): () => void {
  const lookups = meter.createCounter('google_auth.cache.lookups', {
    unit: '{lookup}',
    description: 'Questions to the cache, by whether it had the record'
  })
  const duration = meter.createHistogram('google_auth.storage.duration', {
    unit: 's',
    description: 'Commands to Redis',
    advice: { explicitBucketBoundaries: STORAGE_BOUNDS_S }
  })
  return timed(CHANNELS.storage, (facts, seconds) => {
    if (facts.operation !== 'lookup') duration.record(seconds, attributesOf(facts, ['operation', 'error']))
    else if (facts.cached !== undefined) lookups.add(1, { 'google_auth.cache.result': facts.cached ? 'hit' : 'miss' })
  })
}

/** Calls `ended` with how long each event has lasted. */
function timed<F extends Facts>(channel: Channel<F>, ended: (facts: F, seconds: number) => void): () => void {
  const starts = new WeakMap<F, number>()
  const stops = [
    listen(channel.start, (facts: F) => void starts.set(facts, performance.now())),
    listen(channel.asyncEnd, (facts: F) => {
      const start = starts.get(facts)
      if (start !== undefined) ended(facts, (performance.now() - start) / 1000)
    })
  ]
  return () => stops.forEach((stop) => stop())
}
