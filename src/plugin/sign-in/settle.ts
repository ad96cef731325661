import type { FastifyRequest } from 'fastify'
import { mergeScopes, missingFrom } from '../../core/token/scopes.js'
import { nameOf } from '../http/error-responses.js'
import type { NewSignIn } from '../session/session-state.js'
import type { UserSessions } from '../session/user-sessions.js'
import type { GoogleUser } from '../types/user.js'
import { sha256 } from '../../core/lib/sha256.js'

/** The parts of an attempt that the session needs. */
export interface Question {
  scopes: readonly string[]
  /** SHA-256 of the user who was signed in when more scopes were asked for. */
  askedOf?: string | undefined
  /** Whether `signedInAt` stays when the same user comes back. */
  keepsTime: boolean
}

/** Makes the session of a sign-in, with this id if there is one. Returns the value for `UserSessions.join`. */
export type Settle = (request: FastifyRequest, user: GoogleUser, question: Question, id?: string) => Promise<string>

export function createSettle(sessions: UserSessions): Settle {
  return async (request, user, { scopes, askedOf, keepsTime }, id) => {
    const before = sessions.signInOf(request)
    const same = before?.user.sub === user.sub
    const refused = missingFrom(user.scopes, mergeScopes(same ? (before.refused ?? []) : [], scopes))
    const replaced = before !== null && !same && askedOf === sha256(before.user.sub) ? nameOf(before.user) : undefined
    const next: NewSignIn = {
      user: same && keepsTime ? { ...user, signedInAt: before.user.signedInAt } : user,
      ...(refused.length > 0 ? { refused } : {}),
      ...(replaced === undefined ? {} : { replaced })
    }
    return sessions.begin(request, next, id)
  }
}
