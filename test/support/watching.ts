import type { Test } from 'tap'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'

/** One event: its channel, and what was known when it started and when it had ended. */
export interface Watched {
  channel: string
  started: Record<string, unknown>
  ended?: Record<string, unknown>
}

/** The events on these channels from now on, in the order of their starts. Subscribed by name, as a user would. */
export function watch(t: Test, ...channels: string[]): Watched[] {
  const events: Watched[] = []
  const byFacts = new WeakMap<object, Watched>()
  for (const channel of channels) {
    const started = (facts: unknown): void => {
      const event: Watched = { channel, started: { ...(facts as object) } }
      byFacts.set(facts as object, event)
      events.push(event)
    }
    const ended = (facts: unknown): void => {
      const event = byFacts.get(facts as object)
      if (event !== undefined) event.ended = { ...(facts as object) }
    }
    const at = (moment: string): string => `tracing:fastify-google-auth:${channel}:${moment}`
    subscribe(at('start'), started)
    subscribe(at('asyncEnd'), ended)
    t.teardown(() => {
      unsubscribe(at('start'), started)
      unsubscribe(at('asyncEnd'), ended)
    })
  }
  return events
}
