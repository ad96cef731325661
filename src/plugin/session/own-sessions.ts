import type { FastifyReply, FastifyRequest, Session } from 'fastify'
import type { SessionStore } from '../../sessions/sessions.js'
import { endAllSignIns, enterSignIn, leaveIndex, moveSignIn } from '../../sessions/sign-ins.js'
import type { LazySession } from './lazy-session.js'
import type { LoadedSession, SessionSource } from './session-source.js'
import type { SessionData, SessionRecords } from './session-record.js'
import type { NewSignIn, SignIn, SignInOfSession } from './session-state.js'
import type { SignInRules } from './sign-in-rules.js'
import type { UserSessions } from './user-sessions.js'

/** A session in the plugin's own store, as it was read for a request. */
export interface OwnSession extends LoadedSession {
  record: Buffer
  /** The sign-in in it, even if it no longer counts. */
  signIn: SignInOfSession | null
}

export interface OwnSessionsParts {
  store: SessionStore
  records: SessionRecords
  rules: SignInRules
  /** The name of this client's entry in `session.googleAuth`. */
  entry: string
  /** How long a session lasts after its last write. */
  lifeMs: number
}

/** The same for an empty session: @fastify/session writes one when an id changes, even if it is never used. */
const EMPTY_SESSION_MS = 60_000

/** The session records of the plugin's own store, for @fastify/session. When an id changes, the index is updated. */
export function ownSessionSource({ store, records, entry, lifeMs }: OwnSessionsParts): SessionSource<OwnSession> {
  return {
    load(id) {
      return store.get(id, (record) => {
        const { signIn, current } = records.signInOf(id, record)
        return { id, record, retired: !current, signIn: signIn && { ...signIn, sessionId: id } }
      })
    },
    content({ id, record, signIn }) {
      const data = records.dataOf(id, record)
      const own = signIn === null ? {} : { [entry]: signIn }
      const entries = { ...(data['googleAuth'] as object | undefined), ...own }
      // No `cookie` in it: the attributes come from the options, so that changed options count for old sessions too.
      return { ...data, ...(Object.keys(entries).length === 0 ? {} : { googleAuth: entries }) } as unknown as Session
    },
    async save(id, session) {
      const { cookie: _, googleAuth, ...data } = session as Session & SessionData
      const { [entry]: own, ...others } = googleAuth ?? {}
      let signIn = own as SignInOfSession | undefined
      if (signIn !== undefined && signIn.sessionId !== id) {
        const moved = await moveSignIn(store, signIn.user.sub, signIn, id)
        signIn = moved ? { ...signIn, sessionId: id } : undefined
        session.googleAuth = signIn === undefined ? others : { ...others, [entry]: signIn }
      }
      const kept = Object.keys(others).length === 0 ? data : { ...data, googleAuth: others }
      const ttlMs = isEmpty(signIn, kept) ? Math.min(EMPTY_SESSION_MS, lifeMs) : lifeMs
      await store.set(id, records.seal(id, inRecord(signIn), kept), ttlMs)
    },
    async sealAgain({ id, record, signIn }) {
      const data = records.dataOf(id, record)
      // An empty session is not extended.
      if (isEmpty(signIn, data)) return
      await store.replace(id, record, records.seal(id, inRecord(signIn), data), lifeMs)
    },
    destroy: (id) => store.destroy(id)
  }
}

function isEmpty(signIn: SignInOfSession | null | undefined, data: SessionData): boolean {
  return (signIn ?? null) === null && Object.keys(data).length === 0
}

/** The sign-in without the id of its session, because the record is sealed to that id. */
function inRecord(signIn: SignInOfSession | null | undefined): SignIn | null {
  if (signIn === undefined || signIn === null) return null
  const { sessionId: _, ...kept } = signIn
  return kept
}

/** Sign-ins in sessions of the plugin's own store: the record of a session holds its sign-in. */
export class OwnSessions implements UserSessions {
  readonly #parts: OwnSessionsParts
  readonly #session: LazySession<OwnSession>

  constructor(parts: OwnSessionsParts, session: LazySession<OwnSession>) {
    this.#parts = parts
    this.#session = session
  }

  signInOf(request: FastifyRequest): SignIn | null {
    return this.#parts.rules.counting(this.#held(request))
  }

  /** The new session is stored before the old one ends, so that one of them exists whatever fails. */
  async begin(request: FastifyRequest, next: NewSignIn, id?: string): Promise<string> {
    const { store, rules, entry } = this.#parts
    const [loaded, held] = [this.#session.loadedOf(request), this.#held(request)]
    const former = this.#session.touch(request)
    const { cookie: _, googleAuth, ...data } = (former ?? {}) as Partial<Session> & SessionData
    const { [entry]: _own, ...others } = googleAuth ?? {}
    const session = this.#session.renew(request, id)
    // Something else may answer meanwhile. No browser gets the new session before its entry is stored, too.
    this.#session.replace(request, former)
    const { sessionId } = session
    try {
      const before = held ?? (Object.keys(others).length > 0 ? 'ended' : null)
      Object.assign(session, rules.kept(data, before, next.user.sub), {
        googleAuth: { ...others, [entry]: { ...next, id: sessionId, sessionId } }
      })
      await Promise.all([enterSignIn(store, next.user.sub, sessionId, rules.endOf(next)), session.save()])
      if (loaded !== null) await store.destroy(loaded.id)
    } catch (error) {
      // It may be stored. Nobody has its cookie.
      await store.forbid(sessionId).catch(() => undefined)
      throw error
    }
    this.#session.replace(request, session)
    // An entry that stays does no harm: it leads to the session that holds the sign-in, if there is one.
    if (held !== null) await leaveIndex(store, held.user.sub, held).catch(() => undefined)
    return sessionId
  }

  join(request: FastifyRequest, begun: string): Promise<boolean> {
    return this.#session.join(request, begun, ({ signIn }) => signIn !== null)
  }

  async update(request: FastifyRequest, signIn: SignIn): Promise<void> {
    const [held, session] = [this.#held(request), this.#session.touch(request)]
    if (session === null || held === null) return
    session.googleAuth = { ...session.googleAuth, [this.#parts.entry]: { ...signIn, sessionId: held.sessionId } }
  }

  leave(request: FastifyRequest): void {
    this.#session.leave(request)
  }

  async end(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const touched = this.#session.touchedOf(request)
    const { store } = this.#parts
    const [loaded, held] = [this.#session.loadedOf(request), this.#held(request)]
    if (loaded !== null) await store.destroy(loaded.id)
    if (held !== null) await leaveIndex(store, held.user.sub, held)
    if (touched?.isSaved()) await store.destroy(touched.sessionId)
    this.#session.replace(request, null)
    this.#session.clearCookie(reply)
  }

  endAll(userId: string): Promise<void> {
    return endAllSignIns(this.#parts.store, userId)
  }

  /** The sign-in in the session, even if it no longer counts. */
  #held(request: FastifyRequest): SignInOfSession | null {
    const session = this.#session.touchedOf(request)
    if (session === undefined) return this.#session.loadedOf(request)?.signIn ?? null
    return (session?.googleAuth?.[this.#parts.entry] as SignInOfSession | undefined) ?? null
  }
}
