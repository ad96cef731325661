import type { FastifyRequest } from 'fastify'
import { FlowExchangeError } from '../../core/errors/exchange.js'
import type { OAuth2Credentials } from '../../core/credentials/oauth2.js'
import { found } from '../../core/storage/found.js'
import type { StorageFor } from '../../core/storage/storage.js'
import type { Token } from '../../core/token/token.js'
import type { GoogleAuthOptions } from '../types/options.js'
import type { GoogleUser } from '../types/user.js'
import { warnOfSevenDays } from '../warnings/in-requests.js'
import type { Warnings } from '../warnings/warnings.js'
import { userFrom } from '../principal/user.js'

/** A user who can sign in: Google has verified them and the app has agreed. Nothing is stored yet. */
export interface Admission {
  user: GoogleUser
  granted: Token
}

/** Asks the app (`onSignIn`) about the user of freshly exchanged credentials. Throws what it throws. */
export type Admit = (request: FastifyRequest, credentials: OAuth2Credentials) => Promise<Admission>

/** Asks the app whether this user may sign in. Throws what its hook throws. */
export type Agree = (request: FastifyRequest, user: GoogleUser) => Promise<void>

export function createAdmit(agree: Agree, warnings: Warnings): Admit {
  return async (request, { idToken, first }) => {
    warnOfSevenDays(warnings, first)
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
