import type { FastifyReply, FastifyRequest } from 'fastify'
import type { NewSignIn, SignIn } from './session-state.js'

const NOBODY_SIGNS_IN =
  'With the option owner nobody signs in with Google, so there are no sessions to end. End those of the app.'

/** The sessions of users. Only this room knows where a sign-in is stored, and which sign-ins a user has. */
export interface UserSessions {
  /** The sign-in of this request; `null` when nobody is signed in. It was read when the request came. */
  signInOf(request: FastifyRequest): SignIn | null
  /**
   * Gives the browser a new session id and this sign-in. `SignInRules.kept` decides which data stay in the session. Returns
   * the value for `join`: that is `id`, if one is given, unless the app makes the ids of its sessions itself.
   */
  begin(request: FastifyRequest, next: NewSignIn, id?: string): Promise<string>
  /** Gives the browser the session that its parallel request has just begun. `false`: that session has ended. */
  join(request: FastifyRequest, begun: string): Promise<boolean>
  /** Replaces the sign-in of this request with what is known now. */
  update(request: FastifyRequest, signIn: SignIn): Promise<void>
  /** Removes the session from this request. The bearer token names the user. */
  leave(request: FastifyRequest): void
  /** Ends this browser's session, if it has one. */
  end(request: FastifyRequest, reply: FastifyReply): Promise<void>
  /** Ends all sign-ins of a user. The cost grows with their number. */
  endAll(userId: string): Promise<void>
}

const refused = (): Promise<never> => Promise.reject(new TypeError(NOBODY_SIGNS_IN))

/** For an app whose users sign in elsewhere: nobody signs in with Google. */
export const NO_SESSIONS: UserSessions = {
  signInOf: () => null,
  begin: refused,
  join: refused,
  update: refused,
  leave: () => undefined,
  end: refused,
  endAll: refused
}
