import { tracingChannel, type TracingChannel } from 'node:diagnostics_channel'
import { withoutSecrets } from './safe-cause.js'

/** What is published of one event: when it starts, and again, with what is known by then, when it has ended. Plain values. */
export interface Facts {
  /** What came of it. Absent while it lasts. */
  outcome?: string
  /** Why, where it was refused or failed: the error word of Google, or a word of this package. */
  reason?: string
  /** A copy without secrets of the error that was thrown, if one was. */
  error?: Error
}

/** A channel on which each event is published when it starts and when it has ended. */
export type Channel<F extends Facts> = TracingChannel<unknown, F>

export function channelOf<F extends Facts>(name: string): Channel<F> {
  return tracingChannel<unknown, F>(`fastify-google-auth:${name}`)
}

/**
 * The result of `work`, which is published as it starts and as it ends. `learn` adds what the result tells to the facts: the
 * result itself may hold secrets and is not published. Ask `channel.hasSubscribers` before, and call `work` alone where there
 * are none: so an event that nobody watches costs that one check.
 */
export function traced<T, F extends Facts>(
  { start, end, asyncStart, asyncEnd, error }: Channel<F>,
  facts: F,
  work: () => Promise<T>,
  learn: (facts: F, result: T) => void
): Promise<T> {
  const publishEnd = (): void => {
    asyncStart.publish(facts)
    asyncEnd.publish(facts)
  }
  return start.runStores(facts, () => {
    const running = work().then(
      (result) => {
        learn(facts, result)
        publishEnd()
        return result
      },
      (thrown: unknown) => {
        learnFailure(facts, thrown)
        error.publish(facts)
        publishEnd()
        throw thrown
      }
    )
    end.publish(facts)
    return running
  })
}

/** Only of errors of this package the reason is known to be no secret. */
function learnFailure(facts: Facts, thrown: unknown): void {
  facts.outcome ??= 'failed'
  facts.error = withoutSecrets(thrown)
  const { code, reason } = (thrown ?? {}) as { code?: unknown; reason?: unknown }
  if (typeof reason === 'string' && String(code).startsWith('GOOGLE_AUTH_')) facts.reason = reason
}
