import type { FastifyInstance, FastifyRequest } from 'fastify'
import { randomSessionId } from '../../sessions/session-id.js'
import type { SessionStore } from '../../sessions/sessions.js'
import { endAllSignIns, enterSignIn } from '../../sessions/sign-ins.js'
import { requestSlot, type RequestSlot } from '../request-slot.js'
import { hasNoSession } from './route-config.js'
import { NOT_SEALED_AGAIN, type SessionData, type SessionRecords } from './session-record.js'
import type { NewSignIn, SignIn } from './session-state.js'
import type { SignInRules } from './sign-in-rules.js'
import type { UserSessions } from './user-sessions.js'

export interface AppSessionsParts {
  store: SessionStore
  records: SessionRecords
  rules: SignInRules
  /** The name of this client's entry in `session.googleAuth`. */
  entry: string
}

/**
 * Sign-ins where the app registered @fastify/session itself, or keeps sessions in its own store. A session holds only the id
 * of a sign-in. The sign-in is a record in the plugin's store, read once for each request. A session that a slow request
 * writes back after its end holds an id without a record, so it signs nobody in.
 */
export class AppSessions implements UserSessions {
  readonly #parts: AppSessionsParts
  readonly #signIn: RequestSlot<SignIn>

  constructor(app: FastifyInstance, parts: AppSessionsParts) {
    this.#parts = parts
    this.#signIn = requestSlot(app, 'sign-in')
    this.#addHook(app)
  }

  /** Reads the sign-in of each request, after the hook that reads its session. */
  #addHook(app: FastifyInstance): void {
    app.addHook('onRequest', (request, _reply, done) => {
      const id = hasNoSession(request) ? null : this.#idIn(request)
      if (id === null) return done()
      this.#read(request, id).then((signIn) => {
        this.#signIn.set(request, signIn)
        done()
      }, done)
    })
  }

  signInOf(request: FastifyRequest): SignIn | null {
    const signIn = this.#signIn.get(request)
    // The app may have ended or replaced the session since.
    return signIn?.id === this.#idIn(request) ? this.#parts.rules.counting(signIn) : null
  }

  async begin(request: FastifyRequest, next: NewSignIn, id = randomSessionId()): Promise<string> {
    const { store, rules } = this.#parts
    const [former, before] = [this.#idIn(request), this.signInOf(request)]
    const signIn = { ...next, id }
    // No session holds this sign-in before its entry is stored, too.
    try {
      await Promise.all([enterSignIn(store, next.user.sub, id, rules.endOf(signIn)), this.#write(signIn)])
      if (former !== null) await store.destroy(former)
    } catch (error) {
      // It may be stored. The request still has its former session, with its data.
      await store.forbid(id).catch(() => undefined)
      throw error
    }
    await this.#enter(request, signIn)
    // An entry without a record does no harm.
    if (before !== null) await store.signIns.remove(before.user.sub, before.id, before.id).catch(() => undefined)
    return id
  }

  async join(request: FastifyRequest, begun: string): Promise<boolean> {
    const signIn = await this.#read(request, begun)
    if (signIn === null) return false
    await this.#enter(request, signIn)
    return true
  }

  async update(request: FastifyRequest, signIn: SignIn): Promise<void> {
    await this.#write(signIn)
    this.#signIn.set(request, signIn)
  }

  /** The session belongs to the app and stays. The user of the token counts before the one in it. */
  leave(): void {}

  async end(request: FastifyRequest): Promise<void> {
    const [id, signIn] = [this.#idIn(request), this.signInOf(request)]
    if (id !== null) await this.#end(id, signIn)
    await (request.session as FastifyRequest['session'] | null)?.destroy()
  }

  endAll(userId: string): Promise<void> {
    return endAllSignIns(this.#parts.store, userId)
  }

  /** The id of the sign-in in the session of the app. Outside the path of its cookie, a session is an empty object. */
  #idIn(request: FastifyRequest): string | null {
    const session = request.session as FastifyRequest['session'] | null | undefined
    const id = session?.googleAuth?.[this.#parts.entry]
    return typeof id === 'string' ? id : null
  }

  /** Gives the request a session with a new id and this sign-in, and with what the rules keep of the present session. */
  async #enter(request: FastifyRequest, signIn: SignIn): Promise<void> {
    const { rules, entry } = this.#parts
    const { cookie: _, googleAuth, ...data } = request.session as FastifyRequest['session'] & SessionData
    const { [entry]: former, ...others } = googleAuth ?? {}
    const isAnonymous = former === undefined && Object.keys(others).length === 0
    const before = isAnonymous ? null : (this.signInOf(request) ?? 'ended')
    await request.session.regenerate(Object.keys(rules.kept(data, before, signIn.user.sub)))
    request.session.googleAuth = { ...others, [entry]: signIn.id }
    this.#signIn.set(request, signIn)
  }

  async #read(request: FastifyRequest, id: string): Promise<SignIn | null> {
    const { store, records, rules } = this.#parts
    const found = await store.get(id, (record) => ({ record, ...records.signInOf(id, record) }))
    const signIn = found?.signIn ?? null
    if (found === null || signIn === null || found.current) return signIn
    const again = records.seal(id, signIn, {})
    await store
      .replace(id, found.record, again, rules.endOf(signIn) - Date.now())
      .catch((error: unknown) => request.log.warn({ err: error }, NOT_SEALED_AGAIN))
    return signIn
  }

  async #write(signIn: SignIn): Promise<void> {
    const { store, records, rules } = this.#parts
    await store.set(signIn.id, records.seal(signIn.id, signIn, {}), rules.endOf(signIn) - Date.now())
  }

  async #end(id: string, signIn: SignIn | null): Promise<void> {
    const { store } = this.#parts
    await store.destroy(id)
    if (signIn !== null) await store.signIns.remove(signIn.user.sub, id, id)
  }
}
