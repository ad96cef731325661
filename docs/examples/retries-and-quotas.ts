/** Rate limits of Google: what is tried again by the package, and what by the app. */
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify, { type FastifyInstance } from 'fastify'
import googleAuth, { GoogleApiError, type GoogleAuthOptions } from 'fastify-google-auth'

const CALENDAR = 'https://www.googleapis.com/auth/calendar.events'
const EVENTS = 'https://www.googleapis.com/calendar/v3/calendars/primary/events'

// #region quota
/** Calendar, Drive and others say "too fast" by a 403 with one of these reasons, and not only by a 429. */
const TOO_FAST = new Set(['rateLimitExceeded', 'userRateLimitExceeded'])

function isTooFast(error: unknown): boolean {
  if (!(error instanceof GoogleApiError) || error.status !== 403) return false
  return (error.errors ?? []).some((entry) => TOO_FAST.has((entry as { reason?: string }).reason ?? ''))
}

/** The result of `call`, which is tried again with growing pauses while Google says that it comes too fast. */
export async function withinQuota<T>(call: () => Promise<T>, { tries = 5, firstPauseMs = 1_000 } = {}): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await call()
    } catch (error) {
      if (!isTooFast(error) || tried === tries) throw error
    }
    // Half of the pause is by chance, so that many callers do not come back all at once.
    await sleep(firstPauseMs * 2 ** (tried - 1) * (0.5 + Math.random() / 2))
  }
}
// #endregion

export async function buildApp(options: GoogleAuthOptions, firstPauseMs?: number): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(googleAuth, options)
  const onRequest = app.googleAuth.required({ scopes: [CALENDAR] })
  const pauses = firstPauseMs === undefined ? {} : { firstPauseMs }

  // #region use
  app.get('/events', { onRequest }, async (request) => {
    // `retry: true`: 408, 429, 5xx and lost connections. withinQuota: the 403s.
    const { data } = await withinQuota(
      () => request.googleClient.request<{ items?: unknown[] }>({ url: EVENTS, retry: true }),
      pauses
    )
    return data.items ?? []
  })

  app.post<{ Body: { id: string; summary: string; start: string; end: string } }>(
    '/events',
    { onRequest },
    async (request) => {
      const { id, summary, start, end } = request.body
      const event = { id, summary, start: { dateTime: start }, end: { dateTime: end } }
      // With an id of our own a second POST makes no second event, so it may be tried again: Google answers it with 409.
      const retryConfig = { httpMethodsToRetry: ['POST'] }
      const { status } = await withinQuota(
        () =>
          request.googleClient.request({
            url: EVENTS,
            method: 'POST',
            data: event,
            retryConfig,
            validateStatus: (status) => status === 200 || status === 409
          }),
        pauses
      )
      return { created: status === 200 }
    }
  )
  // #endregion
  return app
}
