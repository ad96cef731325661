import type { FastifyRequest } from 'fastify'
import { LoginRequiredError } from '../../core/errors/guard.js'
import type { SignIn } from '../session/session-state.js'
import type { UserSessions } from '../session/user-sessions.js'
import type { GoogleUser } from '../types/user.js'
import { checkedId } from './names.js'

/** Whose request this is, and how that is known. `owner` is whose grants the request may use. */
export type Principal =
  | { readonly via: 'session'; readonly owner: string; readonly signIn: SignIn }
  | { readonly via: 'owner'; readonly owner: string }
  | { readonly via: 'bearer'; readonly owner: string; readonly user: GoogleUser }

/** The principal of a request; `null` for nobody. */
export type PrincipalOf = (request: FastifyRequest) => Principal | null

/** The user whom a bearer token names; `null` for none. */
export type BearerUserOf = (request: FastifyRequest) => GoogleUser | null

/** Sign-in mode: the user of the session, or of the bearer token, owns the grants. */
export function principalBySession(sessions: Pick<UserSessions, 'signInOf'>, bearerUserOf: BearerUserOf): PrincipalOf {
  return (request) => {
    const user = bearerUserOf(request)
    if (user !== null) return { via: 'bearer', owner: user.sub, user }
    const signIn = sessions.signInOf(request)
    return signIn === null ? null : { via: 'session', owner: signIn.user.sub, signIn }
  }
}

/**
 * Connect mode: the app says who owns the grants. A bearer token names a user of Google and not an owner; nothing else counts
 * beside it. Throws a `TypeError` for an answer that cannot be a name.
 */
export function principalByOwner(
  ownerOf: (request: FastifyRequest) => string | null | undefined,
  bearerUserOf: BearerUserOf
): PrincipalOf {
  return (request) => {
    if (bearerUserOf(request) !== null) return null
    const owner: unknown = ownerOf(request)
    if (owner === null || owner === undefined) return null
    return { via: 'owner', owner: checkedId(owner, 'What the option owner returns') }
  }
}

/** The principal, for what only somebody known may do. Throws a `LoginRequiredError`. */
export function requiredPrincipal(principalOf: PrincipalOf, request: FastifyRequest): Principal {
  const principal = principalOf(request)
  if (principal === null) throw new LoginRequiredError(undefined, 'Sign in first.')
  return principal
}
