import type { FastifyReply, FastifyRequest } from 'fastify'
import type { SessionStore } from '../../sessions/sessions.js'
import type { NewSignIn, SignIn } from './session-state.js'

/** The sessions of users: the one owner of who is signed in, where that is kept, and which sign-ins a user has. */
export interface UserSessions {
  /** Who is signed in with this request; `null` for nobody. Costs nothing: it was read when the request came. */
  signInOf(request: FastifyRequest): SignIn | null
  /**
   * Gives the browser a new session id and this sign-in. The same user's data stay in the session, and of a session with
   * nobody signed in what `keepAtSignIn` names; all else goes. Returns what `join` takes.
   */
  begin(request: FastifyRequest, next: NewSignIn): Promise<string>
  /** Gives the browser the session that another request of it has just begun. `false`: that session has ended since. */
  join(request: FastifyRequest, begun: string): Promise<boolean>
  /** Keeps what is known of the present sign-in by now. */
  update(request: FastifyRequest, signIn: SignIn): Promise<void>
  /** Ends this browser's session, if it has one. */
  end(request: FastifyRequest, reply: FastifyReply): Promise<void>
  /** Ends every sign-in of a user, at a cost that follows their number. */
  endAll(userId: string): Promise<void>
}

/**
 * Ends all sign-ins in the index of a user. A session is forbidden before its entry goes, so that what is cut short can
 * be done again; a session that a sign-in has moved to meanwhile ends as well.
 */
export async function endAllSignIns({ signIns, ...store }: SessionStore, userId: string): Promise<void> {
  const end = async ({ id, sessionId }: { id: string; sessionId: string }): Promise<void> => {
    await store.forbid(sessionId)
    const movedTo = await signIns.remove(userId, id)
    if (movedTo !== null && movedTo !== sessionId) await store.forbid(movedTo)
  }
  await Promise.all((await signIns.list(userId)).map(end))
}
