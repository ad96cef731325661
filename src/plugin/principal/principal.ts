import type { FastifyRequest } from 'fastify'
import { LoginRequiredError } from '../../core/errors/sign-in.js'
import type { SignIn } from '../session/session-state.js'
import type { UserSessions } from '../session/user-sessions.js'
import { checkedId } from './names.js'

/** Whose request this is, and how that is known. `owner` is whose grants the request may use. */
export type Principal =
  | { readonly via: 'session'; readonly owner: string; readonly signIn: SignIn }
  | { readonly via: 'owner'; readonly owner: string }

/** The principal of a request; `null` for nobody. */
export type PrincipalOf = (request: FastifyRequest) => Principal | null

/** Sign-in mode: the user of the session owns the grants. */
export function principalBySession(sessions: Pick<UserSessions, 'signInOf'>): PrincipalOf {
  return (request) => {
    const signIn = sessions.signInOf(request)
    return signIn === null ? null : { via: 'session', owner: signIn.user.sub, signIn }
  }
}

/** Connect mode: the app says who owns the grants. Throws a `TypeError` for an answer that cannot be a name. */
export function principalByOwner(ownerOf: (request: FastifyRequest) => string | null | undefined): PrincipalOf {
  return (request) => {
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
