import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { SessionOptions } from '../options/session-options.js'
import { captureSession, type CapturedSession } from './captured-session.js'
import { requestSlot, type RequestSlot } from '../request-slot.js'
import { hasNoSession } from './route-config.js'
import { NOT_SEALED_AGAIN } from './session-record.js'
import type { SessionSigner, SignedId } from './signer.js'
import { GIVEN, SourceAdapter, type LoadedSession, type SessionSource } from './session-source.js'

export type SessionObject = FastifyRequest['session']

export interface LazySessionOptions<Loaded extends LoadedSession> {
  signer: SessionSigner
  source: SessionSource<Loaded>
  /** Options of @fastify/session. */
  session: SessionOptions & { cookieName: string; cookie: NonNullable<SessionOptions['cookie']> }
  /** The attributes that clear the cookie. */
  clearing: Parameters<FastifyReply['clearCookie']>[1]
}

/** What is known about the session of one request. */
interface State<Loaded> {
  loaded: Loaded | null
  /** The cookie is signed, or the record sealed, with an older secret than the current one. */
  retired: boolean
  /** The cookie of the browser belongs to no session. */
  deadCookie: boolean
  /** The browser does not have the cookie of this session yet. */
  joined: boolean
  /** The object of @fastify/session; `undefined` before its first use, `null` after it was destroyed. */
  session: SessionObject | null | undefined
}

/**
 * Sessions whose objects are made on first use. A request costs the check of its cookie and one read of the store. The first
 * use of `request.session` makes the object of @fastify/session from what was read. After that, @fastify/session does its
 * usual work.
 */
export class LazySession<Loaded extends LoadedSession> {
  readonly #options: LazySessionOptions<Loaded>
  readonly #adapter: SourceAdapter<Loaded>
  readonly #captured: CapturedSession
  /** Most requests without a cookie never ask for a session: their state is made when they do. */
  readonly #state: RequestSlot<State<Loaded> | 'none'>
  readonly #eager: boolean

  constructor(app: FastifyInstance, options: LazySessionOptions<Loaded>) {
    this.#state = requestSlot(app, 'session')
    this.#options = options
    const { session, signer, source } = options
    this.#adapter = new SourceAdapter(signer, source)
    const { secret, store, idGenerator } = this.#adapter
    this.#captured = captureSession({ idGenerator, ...session, secret, store })
    this.#eager = session.rolling === true || session.saveUninitialized === true
  }

  /** Decorates requests with `session`, as a plugin with the name of @fastify/session. */
  async addTo(app: FastifyInstance): Promise<void> {
    const touch = (request: FastifyRequest): SessionObject | null => this.touch(request)
    const replace = (request: FastifyRequest, session: SessionObject | null): void => this.replace(request, session)
    const plugin = async (scope: FastifyInstance): Promise<void> => {
      for (const [name, value] of this.#captured.onApp) scope.decorate(name, value)
      const { store } = this.#adapter
      scope.decorateRequest('sessionStore', { getter: () => store })
      scope.decorateRequest('session', {
        getter() {
          return touch(this)
        },
        setter(this: FastifyRequest, value: SessionObject | null) {
          replace(this, value)
        }
      } as never)
      scope.addHook('onRequest', (request, _reply, done) => {
        const cookie = this.#cookieOf(request)
        const reading = cookie === undefined ? null : this.#read(request, cookie)
        if (reading === null) done()
        else reading.then(() => done(), done)
      })
      scope.addHook('onSend', (request, reply, payload, done) => this.#send(request, reply, payload, done))
    }
    await app.register(fp(plugin, { name: '@fastify/session', fastify: '5.x', dependencies: ['@fastify/cookie'] }))
  }

  /** The session that the request came with; `null` for none. */
  loadedOf(request: FastifyRequest): Loaded | null {
    return this.#stateOf(request)?.loaded ?? null
  }

  /** The session object; `undefined` before its first use. */
  touchedOf(request: FastifyRequest): SessionObject | null | undefined {
    return this.#stateOf(request)?.session
  }

  /** The session object, made on first use; `null` after it was destroyed, and before the hook has read the session. */
  touch(request: FastifyRequest): SessionObject | null {
    const state = this.#stateOf(request)
    if (state === null) return null
    if (state.session === undefined) this.#make(request, state.loaded, state.loaded !== null)
    return state.session ?? null
  }

  /**
   * A new session, which replaces that of the request. It has a new id: `id`, if one is given, unless the app makes its ids
   * itself. Nothing is stored yet.
   */
  renew(request: FastifyRequest, id?: string): SessionObject {
    this.#make(request, null, true, id)
    return request.session
  }

  /** Whether the session with this id is now that of the request and of the browser; `false` when none is there that fits. */
  async join(request: FastifyRequest, id: string, fits: (loaded: Loaded) => boolean): Promise<boolean> {
    const [state, loaded] = [this.#stateOf(request), await this.#options.source.load(id)]
    if (state === null || loaded === null || !fits(loaded)) return false
    Object.assign(state, { loaded, retired: loaded.retired, session: undefined, joined: true })
    return true
  }

  /** Replaces the session object of the request. */
  replace(request: FastifyRequest, session: SessionObject | null): void {
    const state = this.#stateOf(request)
    if (state !== null) state.session = session
  }

  /** From now on the request has no session: none is shown, written or renewed. */
  leave(request: FastifyRequest): void {
    this.#state.set(request, 'none')
  }

  clearCookie(reply: FastifyReply): void {
    reply.clearCookie(this.#options.session.cookieName, this.#options.clearing)
  }

  #cookieOf(request: FastifyRequest): string | undefined {
    return request.cookies[this.#options.session.cookieName]
  }

  /** `null` where there is nothing to read. */
  #read(request: FastifyRequest, cookie: string): Promise<void> | null {
    const { signer, session } = this.#options
    const state = this.#begin(request)
    if (state === null) return null
    const { cookiePrefix = '' } = session
    const signed = cookie.startsWith(cookiePrefix) ? signer.unsign(cookie.slice(cookiePrefix.length)) : null
    if (signed !== null) return this.#load(state, signed)
    state.deadCookie = true
    return null
  }

  /** A state that knows of no session yet; `null` where the request has none. */
  #begin(request: FastifyRequest): State<Loaded> | null {
    const none = hasNoSession(request)
    const state = { loaded: null, retired: false, deadCookie: false, joined: false, session: undefined }
    this.#state.set(request, none ? 'none' : state)
    return none ? null : state
  }

  /** `null` where the request has no session, and before the hooks have read its cookies and its session. */
  #stateOf(request: FastifyRequest): State<Loaded> | null {
    const state = this.#state.get(request)
    if (state !== null) return state === 'none' ? null : state
    const areRead = (request.cookies as object | null) !== null
    return areRead && this.#cookieOf(request) === undefined ? this.#begin(request) : null
  }

  async #load(state: State<Loaded>, { id, retired }: SignedId): Promise<void> {
    state.loaded = await this.#options.source.load(id)
    if (state.loaded === null) state.deadCookie = true
    else state.retired = retired || state.loaded.retired
  }

  /**
   * Lets @fastify/session make its object, from `loaded` if `given`, else from the cookie of the request. That cookie may be
   * missing, or belong to another session. The object is there on return, since nothing has to be read. `id`: of a new session.
   */
  #make(request: FastifyRequest, loaded: Loaded | null, given: boolean, id?: string): void {
    const done = (error?: Error | null): void => {
      if (error) throw error
    }
    this.#adapter.give({ loaded, id }, () => {
      if (given) this.#captured.decryptSession(GIVEN, request, done)
      else this.#captured.onRequest(request, undefined, done)
    })
  }

  #send(request: FastifyRequest, reply: FastifyReply, payload: unknown, done: (error?: Error | null) => void): void {
    if (this.#state.get(request) === null && !this.#eager) return done()
    const state = this.#stateOf(request)
    if (state === null) return done()
    const session = this.#eager || state.joined ? this.touch(request) : state.session
    const { loaded } = state
    const retired = state.retired && (session === undefined || session?.sessionId === loaded?.id)
    if (retired && !isModified(session)) {
      this.#sealAgain(request, reply, loaded).then(
        () => done(),
        (error: unknown) => {
          request.log.warn({ err: error }, NOT_SEALED_AGAIN)
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
      // @fastify/session clears a `__Host-` cookie without `Secure`, so browsers ignore it.
      if (!error && state.deadCookie && !isSaved(session)) this.clearCookie(reply)
      done(error)
    })
  }

  /** Signs the cookie and seals the record again, with the current secret. */
  async #sealAgain(request: FastifyRequest, reply: FastifyReply, loaded: Loaded | null): Promise<void> {
    const session = this.touch(request)
    if (session === null || loaded === null) return
    await this.#options.source.sealAgain(loaded)
    this.#sendCookie(reply, session)
  }

  #sendCookie(reply: FastifyReply, session: SessionObject): void {
    const { cookieName, cookiePrefix = '' } = this.#options.session
    if (session.cookie.secure === true && reply.request.protocol !== 'https') return
    const { toJSON } = session.cookie as unknown as { toJSON: () => object }
    reply.setCookie(cookieName, cookiePrefix + session.encryptedSessionId, toJSON.call(session.cookie))
  }
}

/** `false` for the empty object that a session is outside the path of its cookie. */
function isSaved(session: Partial<SessionObject> | null | undefined): boolean {
  return session?.isSaved?.() === true
}

function isModified(session: Partial<SessionObject> | null | undefined): boolean {
  return session?.isModified?.() === true
}
