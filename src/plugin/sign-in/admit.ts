import type { FastifyRequest } from 'fastify'
import { FlowExchangeError } from '../../core/errors/sign-in.js'
import type { AuthorizationGrant, OAuth2WebServerFlow } from '../../core/flow/flow.js'
import { found } from '../../core/storage/found.js'
import type { StorageFor } from '../../core/storage/storage.js'
import type { Token } from '../../core/token/token.js'
import type { GoogleAuthOptions, GoogleUser } from '../types.js'
import { userFrom } from './user.js'

/** A user who can sign in: Google has verified them and the app has agreed. Nothing is stored yet. */
export interface Admission {
  user: GoogleUser
  granted: Token
}

/** Exchanges the code of a checked return, then asks the app (`onSignIn`). Throws the errors of both. */
export type Admit = (request: FastifyRequest, grant: AuthorizationGrant) => Promise<Admission>

/** Asks the app whether this user may sign in. Throws what its hook throws. */
export type Agree = (request: FastifyRequest, user: GoogleUser) => Promise<void>

export function createAdmit(flow: OAuth2WebServerFlow, agree: Agree): Admit {
  return async (request, grant) => {
    const { idToken, first } = await flow.exchange(grant)
    if (idToken === null) throw new FlowExchangeError('id_token_missing', 'trouble')
    const user = userFrom(idToken, first.scopes, Date.now())
    await agree(request, user)
    return { user, granted: first }
  }
}

export function createAgree(storageFor: StorageFor, onSignIn: GoogleAuthOptions['onSignIn']): Agree {
  return async (request, user) => {
    if (onSignIn === undefined) return
    // A record that does not open is still a record. This sign-in replaces it.
    const firstSignIn = (await found(storageFor(user.sub, user.sub))) === null
    await onSignIn(request, { user, grantedScopes: user.scopes, firstSignIn })
  }
}
