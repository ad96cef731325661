import type { GoogleUser } from '../types.js'

/** What a session says of a sign-in: who it is, and what was asked of them. Never a token. */
export interface SignIn {
  /** The id of the session that the sign-in began in: names the sign-in in the index, wherever it goes from there. */
  id: string
  user: GoogleUser
  /** Scopes that the user was asked for and did not grant: not asked again until asked by hand. */
  refused?: string[]
  /** The user, by name, whose place this one took while more access was asked for. It is told once. */
  replaced?: string
}

/** A sign-in before it has a session. */
export type NewSignIn = Omit<SignIn, 'id'>

/** A sign-in, and the session that it is in. */
export interface SignInOfSession extends SignIn {
  sessionId: string
}

declare module 'fastify' {
  interface Session {
    /**
     * The sign-ins of this session, one for each registered client, by a hash of issuer and client id. The plugin's own:
     * read `request.googleUser` instead. `session.regenerate(['googleAuth'])` keeps the user signed in.
     */
    googleAuth?: Record<string, unknown>
  }
}
