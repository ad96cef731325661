import { StorageError } from '../../core/errors/grant.js'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Sessions } from '../../sessions/sessions.js'
import type { Settings } from '../options/options.js'
import { registerSession, type SessionCookie } from './session-plugin.js'
import type { GoogleUser } from '../types.js'

/** What the session keeps: who the user is, never a token. */
export interface SessionState {
  user: GoogleUser
  /** Scopes that the user was asked for and did not grant: not asked again until asked by hand. */
  refused?: string[]
  /** The user, by name, whose place this one took while more access was asked for; told once. */
  replaced?: string
}

declare module 'fastify' {
  interface Session {
    googleAuth?: SessionState
    /** Which secret signed the cookie; changes when it is signed anew. */
    signedBy?: string
  }
}

/** What this request's session says of its user; `null` when nobody is signed in. */
export function sessionStateOf(request: FastifyRequest): SessionState | null {
  // The session is `null` after it was destroyed, and not there yet in the very first hooks.
  return (request.session as FastifyRequest['session'] | null | undefined)?.googleAuth ?? null
}

/** Sessions as the plugin needs them, over @fastify/session. */
export class UserSessions {
  readonly #records: Sessions
  readonly #own: Awaited<ReturnType<typeof registerSession>>
  /** The store of sessions that the app registered itself; known from the first request on. */
  #foreign: FastifyRequest['sessionStore'] | undefined

  private constructor(records: Sessions, own: Awaited<ReturnType<typeof registerSession>>) {
    this.#records = records
    this.#own = own
  }

  static async on(app: FastifyInstance, settings: Settings, records: Sessions): Promise<UserSessions> {
    const sessions = new UserSessions(records, await registerSession(app, settings, records))
    if (sessions.#own === null) {
      app.addHook('onRequest', (request, _reply, done) => {
        sessions.#foreign ??= request.sessionStore
        done()
      })
    }
    return sessions
  }

  /** Gives the browser a new session that holds nothing but `state`. */
  async signIn(request: FastifyRequest, state: SessionState): Promise<void> {
    const before = request.session.googleAuth
    const oldId = request.session.sessionId
    await request.session.regenerate()
    if (before !== undefined) await this.#records.index.remove(before.user.sub, oldId)
    // Before the session itself: an index entry without a session is harmless, the other way round is not.
    await this.#records.index.add(state.user.sub, request.session.sessionId, Date.now() + this.#lifeMs(request))
    request.session.googleAuth = state
  }

  /** Ends this browser's session, if it has one. */
  async signOut(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { googleAuth, sessionId } = request.session
    await request.session.destroy()
    this.#clearCookie(reply)
    if (googleAuth !== undefined) await this.#records.index.remove(googleAuth.user.sub, sessionId)
  }

  /** Ends every session of a user; costs what that user's sessions cost. */
  async endAll(userId: string): Promise<void> {
    const ids = await this.#records.index.list(userId)
    await Promise.all(ids.map((id: string) => this.#destroy(id)))
    // These and no others: a session that began meanwhile must stay known.
    await this.#records.index.remove(userId, ...ids)
  }

  #destroy(id: string): Promise<void> {
    const store = this.#own?.store ?? this.#foreign
    if (store === undefined) {
      return Promise.reject(new StorageError('The sessions of the app are not known before its first request.'))
    }
    return new Promise((resolve, reject) =>
      store.destroy(id, (error?: Error | null) => (error ? reject(error) : resolve()))
    )
  }

  #lifeMs(request: FastifyRequest): number {
    const YEAR_MS = 365 * 86_400_000
    return this.#own?.cookie.lifeMs ?? request.session.cookie.originalMaxAge ?? YEAR_MS
  }

  #clearCookie(reply: FastifyReply): void {
    const cookie: SessionCookie | undefined = this.#own?.cookie
    if (cookie === undefined) return
    const { name, path, domain } = cookie
    reply.clearCookie(name, {
      path,
      secure: name.startsWith('__Host-'),
      httpOnly: true,
      sameSite: 'lax',
      ...(domain === undefined ? {} : { domain })
    })
  }
}
