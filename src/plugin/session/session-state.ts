import type { GoogleUser } from '../types/user.js'

/** A sign-in: the user, and what is known about their consent. It holds no token. */
export interface SignIn {
  /** The id of the session in which the sign-in began. It stays the same when the session gets another id. */
  id: string
  user: GoogleUser
  /** Scopes that the user did not grant. A guard does not ask for them again; a link on its page does. */
  refused?: string[]
  /** The name of the user who was signed in before, when another account answered a request for more access. Shown once. */
  replaced?: string
}

/** A sign-in before it has a session. */
export type NewSignIn = Omit<SignIn, 'id'>

/** A sign-in, and the session that holds it. */
export interface SignInOfSession extends SignIn {
  sessionId: string
}

declare module 'fastify' {
  interface Session {
    /**
     * The sign-ins of this session: one for each registered client, by a hash of issuer and client id. For the plugin only:
     * an app reads `request.googleUser`. `session.regenerate(['googleAuth'])` keeps the user signed in.
     */
    googleAuth?: Record<string, unknown>
  }
}
