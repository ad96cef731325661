import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Fetch } from '../../core/lib/url.js'
import { isOfTestingApp } from '../../core/provider/likely-cause.js'
import type { Token } from '../../core/token/token.js'
import { requestSlot } from '../request-slot.js'
import type { Warnings } from './warnings.js'

/** How many requests are looked at for writes of sessions that nobody changed. */
const MOST_LOOKS = 20

/** Warns of a proxy that Fastify does not trust. `ips` are there only with `trustProxy`. */
export function warnOfProxy(warnings: Warnings, { headers, ips }: FastifyRequest): void {
  const forwarded = headers['x-forwarded-proto'] ?? headers['x-forwarded-for'] ?? headers.forwarded
  if (forwarded !== undefined && ips === undefined) warnings.tell('GOOGLE_AUTH_WARN_TRUST_PROXY')
}

/** Warns of a grant of an app in testing. */
export function warnOfSevenDays(warnings: Warnings, token: Token): void {
  if (isOfTestingApp(token)) warnings.tell('GOOGLE_AUTH_WARN_SEVEN_DAYS')
}

/** `base`, which warns when an answer of the token endpoint tells another time than this server. */
export function clockWatchingFetch(warnings: Warnings, toleranceMs: number, base: Fetch): Fetch {
  return async (input, init) => {
    const response = await base(input, init)
    // An answer to a GET may come from a cache.
    if (init?.method === 'POST') {
      const aheadMs = Date.parse(response.headers.get('date') ?? '') - Date.now()
      if (Math.abs(aheadMs) > toleranceMs)
        warnings.tell('GOOGLE_AUTH_WARN_CLOCK', { googleIsAheadByS: Math.round(aheadMs / 1000) })
    }
    return response
  }
}

/** Warns of sessions of the app that are written although nothing in them has changed. Looks at the first requests only. */
export function warnOfSessionWrites(app: FastifyInstance, warnings: Warnings): void {
  let looks = 0
  const before = requestSlot<string>(app, 'session before')
  const contentOf = ({ session }: FastifyRequest): string | undefined => {
    const { cookie: _, ...content } = (session as FastifyRequest['session'] | null) ?? {}
    return JSON.stringify(content)
  }
  app.addHook('onRequest', (request, _reply, done) => {
    if (looks < MOST_LOOKS) before.set(request, contentOf(request) ?? '')
    done()
  })
  app.addHook('onSend', (request, reply, _payload, done) => {
    const content = before.get(request)
    if (content !== null) {
      looks++
      const id = (request.session as FastifyRequest['session'] | null)?.encryptedSessionId
      const cookies = String(reply.getHeader('set-cookie') ?? '')
      const isSent = id !== undefined && id !== '' && cookies.includes(encodeURIComponent(id))
      if (isSent && contentOf(request) === content) warnings.tell('GOOGLE_AUTH_WARN_SESSION_WRITES')
    }
    done()
  })
}
