import type { FastifyRequest } from 'fastify'
import { GoogleAuthError } from '../../core/errors/base.js'
import type { GrantRef } from '../../core/storage/storage.js'
import { EVENT } from '../log-events.js'

/** What a return from Google was for. */
export type ReturnKind = 'sign-in' | 'connect'

const DONE = { 'sign-in': 'A user signed in', connect: 'An account was connected' }
const ASKED = { 'sign-in': 'A sign-in', connect: 'A request to connect an account' }

/** Reports a return that signed a user in, or connected an account. */
export function reportSignIn(request: FastifyRequest, kind: ReturnKind, { owner, account }: GrantRef): void {
  request.log.info({ event: EVENT.signIn, kind, owner, account }, DONE[kind])
}

/** Reports a return that was refused, or failed. */
export function reportRefusal(request: FastifyRequest, kind: ReturnKind, error: Error): void {
  const failed = error instanceof GoogleAuthError && error.statusCode >= 500
  const { code, reason } = namesOf(error)
  request.log[failed ? 'error' : 'info'](
    { event: EVENT.signInRefused, kind, code, reason, err: error },
    `${ASKED[kind]} ${failed ? 'failed' : 'was refused'}`
  )
}

/** The code and the reason of an error. The app's own errors have at least a status. */
function namesOf(error: Error): { code: string; reason: string } {
  const { code, statusCode, reason } = error as { code?: unknown; statusCode?: unknown; reason?: unknown }
  if (!(error instanceof GoogleAuthError)) {
    return { code: typeof code === 'string' ? code : String(statusCode), reason: 'refused_by_app' }
  }
  const named = typeof reason === 'string' ? reason : error.code.replace('GOOGLE_AUTH_', '').toLowerCase()
  return { code: error.code, reason: named }
}
