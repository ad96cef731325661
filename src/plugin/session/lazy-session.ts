import type { FastifySessionOptions } from '@fastify/session'
import type { FastifyInstance, FastifyReply, FastifyRequest, Session } from 'fastify'
import fp from 'fastify-plugin'
import type { SessionOptions } from '../options/session-options.js'
import { captureSession, type CapturedSession } from './captured-session.js'
import type { SessionSigner } from './signer.js'

export type SessionObject = FastifyRequest['session']

/** A session that was read for a request. */
export interface LoadedSession {
  id: string
  /** Whether a retired secret signed the cookie or sealed the record: both are made anew then. */
  retired: boolean
}

/** Where sessions lie. */
export interface SessionSource<Loaded extends LoadedSession> {
  /** The session with this id; `null` when there is none. Throws a `StorageError`. */
  load(id: string): Promise<Loaded | null>
  /** What @fastify/session makes its object of. */
  content(loaded: Loaded): Session
  save(id: string, session: Session): Promise<void>
  destroy(id: string): Promise<void>
}

export interface LazySessionOptions<Loaded extends LoadedSession> {
  signer: SessionSigner
  source: SessionSource<Loaded>
  /** For @fastify/session. */
  session: SessionOptions & { cookieName: string; cookie: NonNullable<SessionOptions['cookie']> }
  /** What clears the cookie. */
  clearing: Parameters<FastifyReply['clearCookie']>[1]
}

/** For the log. The request does not need it, and the next one tries again. */
export const NOT_SEALED_ANEW =
  'A session could not be sealed anew with the current secret; the next request tries again'

/** Stands in the place of a cookie; what it means is handed over. */
const HANDED = 'handed over'

/** What is known of the session of one request. */
interface State<Loaded> {
  loaded: Loaded | null
  /** The browser sent a cookie that names no session. */
  deadCookie: boolean
  /** The browser does not hold this session's cookie yet. */
  joined: boolean
  /** The object of @fastify/session; `undefined` as long as nobody has touched it, `null` once it was destroyed. */
  session: SessionObject | null | undefined
}

/**
 * Sessions at two speeds. A request costs the check of its cookie and one reading of the store. The object of
 * @fastify/session is made of what was read when somebody touches `request.session`, and from then on everything is as
 * @fastify/session has it.
 */
export class LazySession<Loaded extends LoadedSession> {
  readonly #options: LazySessionOptions<Loaded>
  readonly #captured: CapturedSession
  readonly #key = Symbol('session')
  readonly #eager: boolean
  /** What @fastify/session is given in the place of a cookie, while it makes an object; `null`: nothing, so a new session. */
  #handed: { loaded: Loaded | null } | undefined

  constructor(options: LazySessionOptions<Loaded>) {
    this.#options = options
    const { session } = options
    this.#captured = captureSession({ ...session, secret: this.#signer(), store: this.#store() })
    this.#eager = session.rolling === true || session.saveUninitialized === true
  }

  /** Puts `request.session` on the app, under the name of @fastify/session. */
  async addTo(app: FastifyInstance): Promise<void> {
    const key = this.#key
    const state = (request: FastifyRequest): State<Loaded> | null => (request as never)[key]
    const touch = (request: FastifyRequest): SessionObject | null => this.touch(request)
    const plugin = async (scope: FastifyInstance): Promise<void> => {
      for (const [name, value] of this.#captured.onApp) scope.decorate(name, value)
      const store = this.#store()
      scope.decorateRequest('sessionStore', { getter: () => store })
      scope.decorateRequest(key, null)
      scope.decorateRequest('session', {
        getter() {
          return touch(this)
        },
        setter(this: FastifyRequest, value: SessionObject | null) {
          const own = state(this)
          if (own !== null) own.session = value
        }
      } as never)
      scope.addHook('onRequest', async (request) => this.#read(request))
      scope.addHook('onSend', (request, reply, payload, done) => this.#send(request, reply, payload, done))
    }
    await app.register(fp(plugin, { name: '@fastify/session', fastify: '5.x', dependencies: ['@fastify/cookie'] }))
  }

  /** The session that the request came with; `null` for none. */
  loadedOf(request: FastifyRequest): Loaded | null {
    return this.#stateOf(request)?.loaded ?? null
  }

  /** The session object, where there is one already; `undefined` where nobody has touched it. */
  touchedOf(request: FastifyRequest): SessionObject | null | undefined {
    return this.#stateOf(request)?.session
  }

  /** The session object; `null` after it was destroyed, and before the request has come as far as the sessions. */
  touch(request: FastifyRequest): SessionObject | null {
    const state = this.#stateOf(request)
    if (state === null) return null
    if (state.session === undefined) this.#make(request, state.loaded, state.loaded !== null)
    return state.session ?? null
  }

  /** A new session, with an id of its own, in the place of the one that the request has. Nothing is stored yet. */
  renew(request: FastifyRequest): SessionObject {
    this.#make(request, null, true)
    return request.session
  }

  /** Makes the session with this id that of the request, and of the browser. `false`: there is none. */
  async join(request: FastifyRequest, id: string): Promise<boolean> {
    const [state, loaded] = [this.#stateOf(request), await this.#options.source.load(id)]
    if (state === null || loaded === null) return false
    Object.assign(state, { loaded, session: undefined, joined: true })
    return true
  }

  /** Puts `session` in the place of the one that the request has. */
  replace(request: FastifyRequest, session: SessionObject | null): void {
    const state = this.#stateOf(request)
    if (state !== null) state.session = session
  }

  clearCookie(reply: FastifyReply): void {
    reply.clearCookie(this.#options.session.cookieName, this.#options.clearing)
  }

  #stateOf(request: FastifyRequest): State<Loaded> | null {
    return (request as unknown as Record<symbol, State<Loaded> | null>)[this.#key] ?? null
  }

  async #read(request: FastifyRequest): Promise<void> {
    const { signer, source, session } = this.#options
    const state: State<Loaded> = { loaded: null, deadCookie: false, joined: false, session: undefined }
    ;(request as unknown as Record<symbol, State<Loaded>>)[this.#key] = state
    const cookie = request.cookies[session.cookieName]
    if (cookie === undefined) return
    const { cookiePrefix = '' } = session
    const signed = cookie.startsWith(cookiePrefix) ? signer.unsign(cookie.slice(cookiePrefix.length)) : null
    state.loaded = signed && (await source.load(signed.id))
    if (state.loaded === null) state.deadCookie = true
    else if (signed?.retired) state.loaded.retired = true
  }

  /**
   * Lets @fastify/session make its object. All that it asks for is at hand, so it is done when this returns. `handed`: of
   * what we hand over, and not of the request's cookie, which may be missing or be about another session.
   */
  #make(request: FastifyRequest, loaded: Loaded | null, handed: boolean): void {
    const done = (error?: Error | null): void => {
      if (error) throw error
    }
    this.#handed = { loaded }
    try {
      if (handed) this.#captured.decryptSession(HANDED, request, done)
      else this.#captured.onRequest(request, undefined, done)
    } finally {
      this.#handed = undefined
    }
  }

  #send(request: FastifyRequest, reply: FastifyReply, payload: unknown, done: (error?: Error | null) => void): void {
    const state = this.#stateOf(request)
    if (state === null) return done()
    const session = this.#eager || state.joined ? this.touch(request) : state.session
    const { loaded } = state
    const retired = loaded?.retired === true && (session === undefined || session?.sessionId === loaded.id)
    if (retired && !isModified(session)) {
      this.#saveAnew(request, reply).then(
        () => done(),
        (error: unknown) => {
          request.log.warn({ err: error }, NOT_SEALED_ANEW)
          done()
        }
      )
      return
    }
    if (session === undefined || ((state.joined || isSaved(session)) && !isModified(session))) {
      if (session) this.#sendCookie(reply, session)
      else if (state.deadCookie) this.clearCookie(reply)
      return done()
    }
    this.#captured.onSend(request, reply, payload, (error) => {
      // @fastify/session clears a `__Host-` cookie without `Secure`, which no browser heeds.
      if (!error && state.deadCookie && !isSaved(session)) this.clearCookie(reply)
      done(error)
    })
  }

  /** Signs and seals with the current secret what a retired one has signed or sealed. */
  async #saveAnew(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const session = this.touch(request)
    if (session === null) return
    await session.save()
    this.#sendCookie(reply, session)
  }

  #sendCookie(reply: FastifyReply, session: SessionObject): void {
    const { cookieName, cookiePrefix = '' } = this.#options.session
    if (session.cookie.secure === true && reply.request.protocol !== 'https') return
    const { toJSON } = session.cookie as unknown as { toJSON: () => object }
    reply.setCookie(cookieName, cookiePrefix + session.encryptedSessionId, toJSON.call(session.cookie))
  }

  #signer(): FastifySessionOptions['secret'] {
    const { signer } = this.#options
    return {
      sign: (id) => signer.sign(id),
      unsign: (cookie) => {
        if (this.#handed !== undefined) {
          const id = this.#handed.loaded?.id ?? null
          return { valid: id !== null, renew: false, value: id }
        }
        const signed = signer.unsign(cookie)
        return { valid: signed !== null, renew: signed?.retired === true, value: signed?.id ?? null }
      }
    }
  }

  /** The store that @fastify/session knows; it speaks in callbacks. */
  #store(): NonNullable<FastifySessionOptions['store']> {
    const { source } = this.#options
    const tell = <T>(work: Promise<T>, callback: (error: unknown, value?: T) => void): void => {
      work.then((value) => callback(null, value), callback)
    }
    return {
      get: (id, callback) => {
        const loaded = this.#handed?.loaded
        if (loaded?.id === id) return callback(null, source.content(loaded))
        tell(
          source.load(id).then((found) => found && source.content(found)),
          callback
        )
      },
      set: (id, session, callback) => tell(source.save(id, session), callback),
      destroy: (id, callback) => tell(source.destroy(id), callback)
    }
  }
}

/** Outside the path of its cookie, a session is an empty object. */
function isSaved(session: Partial<SessionObject> | null | undefined): boolean {
  return session?.isSaved?.() === true
}

function isModified(session: Partial<SessionObject> | null | undefined): boolean {
  return session?.isModified?.() === true
}
