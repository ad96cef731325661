import cookie from '@fastify/cookie'
import session from '@fastify/session'
import type { FastifyInstance } from 'fastify'
import { deriveKey, PURPOSE, type SealerFor } from '../../core/lib/sealing.js'
import type { SessionStore } from '../../sessions/sessions.js'
import { cookiesOf } from '../http/cookies.js'
import { clientHash, type Settings } from '../options/options.js'
import { warnOfSessionWrites } from '../warnings/in-requests.js'
import type { Warnings } from '../warnings/warnings.js'
import { AppSessions } from './app-sessions.js'
import { LazySession, type LazySessionOptions } from './lazy-session.js'
import { OwnSessions, ownSessionSource, type OwnSession } from './own-sessions.js'
import { SessionRecords } from './session-record.js'
import { SignInRules } from './sign-in-rules.js'
import { SessionSigner } from './signer.js'
import { refuseLatePlugins } from './late-plugins.js'
import { NO_SESSIONS, type UserSessions } from './user-sessions.js'

/** How long a session lasts after its last write. */
const SESSION_MS = 14 * 86_400_000

/** The sessions of users; with the option `owner` there are none. Registers @fastify/cookie unless the app has registered it. */
export async function sessionsOf(
  app: FastifyInstance,
  settings: Settings,
  store: SessionStore,
  sealerFor: SealerFor,
  warnings: Warnings
): Promise<UserSessions> {
  const { signsIn } = settings
  const bringsCookies = !app.hasReplyDecorator('setCookie')
  const bringsSessions = signsIn && !app.hasRequestDecorator('session')
  if (bringsCookies) await app.register(cookie)
  const sessions = signsIn ? await registerSessions(app, settings, store, sealerFor, warnings) : NO_SESSIONS
  refuseLatePlugins(app, { bringsCookies, bringsSessions })
  return sessions
}

/**
 * The sessions of users, in an app with @fastify/cookie. Registers @fastify/session unless the app has registered it. Throws a `TypeError` when another plugin
 * has taken the name `request.session`.
 */
async function registerSessions(
  app: FastifyInstance,
  settings: Settings,
  store: SessionStore,
  sealerFor: SealerFor,
  warnings: Warnings
): Promise<UserSessions> {
  const records = new SessionRecords(sealerFor(PURPOSE.session), settings.clientNames)
  const parts = { store, records, rules: new SignInRules(settings), entry: clientHash(settings.clientNames) }
  const appHasSessions = app.hasRequestDecorator('session')
  if (appHasSessions && !app.hasRequestDecorator('sessionStore')) {
    throw new TypeError(
      'request.session belongs to another plugin than @fastify/session. Register fastify-google-auth in a scope without it, or take it out.'
    )
  }
  const options = sessionOptions(settings)
  if (!appHasSessions && options.store === undefined) {
    const own = { ...parts, lifeMs: options.cookie.maxAge ?? SESSION_MS }
    const sessions = new LazySession<OwnSession>(app, {
      signer: new SessionSigner(settings.secrets.map((secret) => deriveKey(secret, PURPOSE.sessionSigning, 32))),
      source: ownSessionSource(own),
      session: options,
      clearing: clearingOf(options, settings)
    })
    await sessions.addTo(app)
    return new OwnSessions(own, sessions)
  }
  if (!appHasSessions) await app.register(session, { ...options, secret: [...settings.secrets] })
  warnOfSessionWrites(app, warnings)
  return new AppSessions(app, parts)
}

/** The options for @fastify/session, with all defaults. */
function sessionOptions(settings: Settings): LazySessionOptions<OwnSession>['session'] {
  const { cookie = {}, ...options } = settings.session
  const { path = '/', domain } = cookie
  const cookies = cookiesOf(settings)
  const { secure } = cookies.attributes
  return {
    rolling: false,
    saveUninitialized: false,
    cookieName: cookies.session(domain === undefined && path === '/'),
    ...options,
    cookie: {
      path,
      httpOnly: true,
      sameSite: 'lax',
      // Not `true`: behind a proxy that ends TLS, without `trustProxy`, @fastify/session would then send no cookie.
      secure: (secure ? 1 : false) as boolean,
      maxAge: SESSION_MS,
      ...cookie
    }
  }
}

/** The attributes that a browser needs to find the cookie that is cleared. */
function clearingOf(
  { cookie: { path, domain, partitioned } }: LazySessionOptions<OwnSession>['session'],
  settings: Settings
): LazySessionOptions<OwnSession>['clearing'] {
  const { attributes } = cookiesOf(settings)
  return { ...attributes, path: path ?? '/', ...(domain && { domain }), ...(partitioned && { partitioned }) }
}
