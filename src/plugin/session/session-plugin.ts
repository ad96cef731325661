import cookie from '@fastify/cookie'
import session, { type FastifySessionOptions } from '@fastify/session'
import type { FastifyInstance, Session } from 'fastify'
import { deriveKey, PURPOSE } from '../../core/lib/sealing.js'
import type { Sessions } from '../../sessions/sessions.js'
import { isSecure, type Settings } from '../options/options.js'
import { sessionSigner } from './signer.js'

/** How long a session lasts after it was last written. */
const SESSION_MS = 14 * 86_400_000
/** The same with nothing in it: `regenerate` writes such a one before anything is set, and nobody may come back for it. */
const EMPTY_SESSION_MS = 60_000

/** What of @fastify/session the rest needs to know. */
export interface SessionCookie {
  name: string
  path: string
  domain: string | undefined
  lifeMs: number
}

type Store = NonNullable<FastifySessionOptions['store']>

/**
 * Registers @fastify/cookie and @fastify/session unless the app did. Returns what is known of the session's cookie, and
 * the store, which is ours unless the app brought one; `null` when the app registered sessions itself.
 */
export async function registerSession(
  app: FastifyInstance,
  settings: Settings,
  records: Sessions
): Promise<{ cookie: SessionCookie; store: Store } | null> {
  if (!app.hasReplyDecorator('setCookie')) await app.register(cookie)
  if (app.hasRequestDecorator('session')) return null
  const { cookie: cookieOptions, ...options } = settings.session as Partial<FastifySessionOptions>
  const lifeMs = cookieOptions?.maxAge ?? SESSION_MS
  const path = cookieOptions?.path ?? '/'
  const hostOnly = isSecure(settings) && cookieOptions?.domain === undefined && path === '/'
  const name = options.cookieName ?? `${hostOnly ? '__Host-' : ''}google-auth-session`
  const store = options.store ?? storeOf(records, lifeMs)
  await app.register(session, {
    secret: sessionSigner(settings.secrets.map((secret) => deriveKey(secret, PURPOSE.sessionSigning, 32))),
    rolling: false,
    saveUninitialized: false,
    ...options,
    cookieName: name,
    store,
    cookie: {
      path,
      httpOnly: true,
      sameSite: 'lax',
      // Not `true`, which makes @fastify/session keep silent when a proxy took the TLS off and nobody told Fastify.
      secure: (isSecure(settings) ? 1 : false) as boolean,
      maxAge: lifeMs,
      ...cookieOptions
    }
  })
  if (options.store === undefined) signAnewAfterRotation(app, name, settings)
  return { cookie: { name, path, domain: cookieOptions?.domain, lifeMs }, store }
}

/** Our records as a store of @fastify/session, which speaks in callbacks. */
function storeOf(records: Sessions, lifeMs: number): Store {
  const tell = <T>(work: Promise<T>, callback: (error: unknown, value?: T) => void): void => {
    work.then(
      (value) => callback(null, value),
      (error: unknown) => callback(error)
    )
  }
  return {
    get: (id, callback) => tell(records.get(id) as Promise<Session | null>, callback),
    set(id, value, callback) {
      // The cookie's attributes come from the options, so that a new configuration counts for old sessions too.
      const { cookie: _, ...kept } = value
      const empty = Object.keys(kept).length === 0
      tell(records.set(id, kept, empty ? Math.min(EMPTY_SESSION_MS, lifeMs) : lifeMs), callback)
    },
    destroy: (id, callback) => tell(records.destroy(id), callback)
  }
}

/**
 * A session whose cookie was signed with a retired secret is signed with the current one: @fastify/session would clear
 * the cookie instead, and so sign the user out, or lose what the app keeps for a stranger.
 */
function signAnewAfterRotation(app: FastifyInstance, name: string, { secrets }: Settings): void {
  const current = deriveKey(secrets[0], `${PURPOSE.sessionSigning}/key-id`, 6).toString('base64url')
  app.addHook('onRequest', (request, _reply, done) => {
    const loaded = Object.keys(request.session).some((key) => key !== 'cookie')
    if (loaded && request.cookies[name] !== request.session.encryptedSessionId) request.session.signedBy = current
    done()
  })
}
