import type { FastifyRequest } from 'fastify'
import { queryOf } from '../http/forms.js'
import { Refusal } from '../http/refusal.js'
import type { IssuedToken } from '../state/grants/tokens.js'
import type { World } from '../state/world.js'

const REALM = 'Bearer realm="https://accounts.google.com/"'

const CREDENTIALS =
  'Expected OAuth 2 access token, login cookie or other valid authentication credential. ' +
  'See https://developers.google.com/identity/sign-in/web/devconsole-project.'

function unauthenticated(what: string, challenge: string): Refusal {
  const errors = [
    {
      message: 'Invalid Credentials',
      domain: 'global',
      reason: 'authError',
      location: 'Authorization',
      locationType: 'header'
    }
  ]
  const error = { code: 401, message: `Request ${what}. ${CREDENTIALS}`, errors, status: 'UNAUTHENTICATED' }
  return new Refusal(401, 'Invalid Credentials', { error }, { 'www-authenticate': challenge })
}

/** The refusal of a valid token without the scope. */
export function insufficientScope(needed: readonly string[], method: string): Refusal {
  const errors = [{ message: 'Insufficient Permission', domain: 'global', reason: 'insufficientPermissions' }]
  const details = [
    {
      '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
      reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
      domain: 'googleapis.com',
      metadata: { service: 'calendar-json.googleapis.com', method }
    }
  ]
  const message = 'Request had insufficient authentication scopes.'
  const challenge = `${REALM}, error="insufficient_scope", scope="${needed.join(' ')}"`
  const error = { code: 403, message, errors, status: 'PERMISSION_DENIED', details }
  return new Refusal(403, message, { error }, { 'www-authenticate': challenge })
}

/** The access token of a request, as it was sent: in the header, else in the query, else in a form. */
export function tokenIn(request: FastifyRequest): string | null {
  const inHeader = /^Bearer ([^ ]+)$/i.exec(request.headers.authorization ?? '')?.[1]
  const form = request.body instanceof URLSearchParams ? request.body : null
  return inHeader ?? queryOf(request).get('access_token') ?? form?.get('access_token') ?? null
}

/**
 * The access token of a request. Throws Google's 401 without a live one. Where the emulator is strict, a token in the query is
 * refused, because logs would hold it.
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3
 */
export function bearerToken(world: World, request: FastifyRequest): IssuedToken {
  if (world.settings.strict && queryOf(request).has('access_token')) {
    throw unauthenticated('has an access token in its query', `${REALM}, error="invalid_request"`)
  }
  const token = tokenIn(request)
  if (!token) throw unauthenticated('is missing required authentication credential', REALM)
  const held = world.tokens.access(token)
  if (!held) throw unauthenticated('had invalid authentication credentials', `${REALM}, error="invalid_token"`)
  return held
}
