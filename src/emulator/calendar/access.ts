import type { FastifyRequest } from 'fastify'
import { apiRefusal } from '../http/api-refusal.js'
import type { Calendar } from '../state/calendar/calendar.js'
import type { World } from '../state/world.js'
import { bearerToken, insufficientScope } from '../token/bearer.js'

const PREFIX = 'https://www.googleapis.com/auth/'
const ALL = [`${PREFIX}calendar`]
const READ_ALL = [...ALL, `${PREFIX}calendar.readonly`]

/** The scopes of which one is needed. */
export const SCOPES = {
  write: [...ALL, `${PREFIX}calendar.events`],
  read: [...READ_ALL, `${PREFIX}calendar.events`, `${PREFIX}calendar.events.readonly`],
  list: [...READ_ALL, `${PREFIX}calendar.calendarlist`, `${PREFIX}calendar.calendarlist.readonly`],
  freeBusy: [...READ_ALL, `${PREFIX}calendar.freebusy`]
} as const

/** The account of a request: the user's `sub` and e-mail address, or twice the address of a service account. */
export interface Caller {
  sub: string
  email: string
}

/** Who calls. Throws Google's 401 without a live token, its 403 without one of the scopes. */
export function callerOf(world: World, request: FastifyRequest, scopes: readonly string[], method: string): Caller {
  const held = bearerToken(world, request)
  if (!scopes.some((scope) => held.scopes.has(scope))) throw insufficientScope(scopes, `calendar.v3.${method}`)
  return { sub: held.sub, email: world.users.find(held.sub)?.email ?? held.sub }
}

/** The caller's calendar of that id. A user has one, named `primary` or by the e-mail address; null for any other. */
export function calendarOf(world: World, { sub, email }: Caller, calendarId: string): Calendar | null {
  const own = calendarId === 'primary' || calendarId.toLowerCase() === email.toLowerCase()
  return own ? world.calendars.of(sub) : null
}

/** The JSON object in the body. Throws Google's 400 for anything else. */
export function objectIn({ body }: FastifyRequest): Record<string, unknown> {
  if (typeof body !== 'object' || body === null || Array.isArray(body) || body instanceof URLSearchParams) {
    throw apiRefusal(400, 'parseError', 'The body must be a JSON object')
  }
  return body as Record<string, unknown>
}
