import { LoginRequiredError } from '../core/errors/sign-in.js'
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { OAuth2WebServerFlow } from '../core/flow/flow.js'
import type { IdTokenClaims } from '../core/provider/id-token.js'
import type { Storage } from '../core/storage/storage.js'
import { createSealer, PURPOSE } from '../core/lib/sealing.js'
import { Answers, type Answer } from './http/error-responses.js'
import { AttemptCookies } from './sign-in/attempt-cookies.js'
import { Background } from './background-tasks.js'
import { endGrant } from './grants/end-grant.js'
import type { GoogleClient } from './guard/google-client.js'
import { Grants } from './grants/user-clients.js'
import { Guard } from './guard/guard.js'
import { checkOptions, isSecure, type Settings } from './options/options.js'
import { addRoutes } from './routes.js'
import { SignInRounds } from './sign-in/redirect-loop-guard.js'
import { StartUrls, type StartParams } from './sign-in/start-url.js'
import { openStores } from './stores.js'
import type { GoogleAuthOptions, GoogleUser } from './types.js'
import { sessionStateOf, UserSessions } from './session/user-sessions.js'

/** What the plugin puts on the app. */
export interface GoogleAuth {
  /** A hook that lets only signed-in users pass, who granted `scopes`; for `onRequest` of a route or of a whole scope. */
  required: (options?: { scopes?: string | readonly string[] }) => onRequestAsyncHookHandler
  /** The path to link to for signing in. Throws a `ReturnToError` or a `ScopeNotDeclaredError`. */
  startUrl: (params?: StartParams) => string
  /** A client outside any request: jobs, queues. */
  clientFor: (userId: string) => GoogleClient
  /** The slot that keeps a user's credentials. */
  storageFor: (userId: string) => Storage
  /** The flow that the routes drive. */
  flow: OAuth2WebServerFlow
  /** The verified claims of an ID token that was issued to this app's client. Throws a `VerifyJwtTokenError`. */
  verifyIdToken: (jwt: string) => Promise<IdTokenClaims>
  /** Ends every session of a user; the credentials stay. */
  signOutEverywhere: (userId: string) => Promise<void>
  /** Deletes a user's credentials, ends all sessions and has Google end the grant. Throws a `TokenRevokeError` when Google did not confirm. */
  revoke: (userId: string) => Promise<void>
}

declare module 'fastify' {
  interface FastifyInstance {
    googleAuth: GoogleAuth
  }
  interface FastifyRequest {
    /** Who is signed in; `null` when nobody is. */
    readonly googleUser: GoogleUser | null
    /** The signed-in user's way to Google's APIs. Throws a `LoginRequiredError` when nobody is signed in. */
    readonly googleClient: GoogleClient
  }
}

async function buildGoogleAuth(
  app: FastifyInstance,
  settings: Settings
): Promise<{ googleAuth: GoogleAuth; guard: Guard }> {
  const sealerFor = createSealer(settings.secrets)
  const { clientId } = settings.client
  const flow = new OAuth2WebServerFlow({
    ...settings.client,
    scope: settings.scopes,
    redirectUri: settings.redirectUri.href,
    accessType: settings.accessType,
    hostedDomain: settings.hostedDomains,
    issuer: settings.issuer,
    clockTolerance: settings.clockToleranceS
  })
  const background = new Background((error) => app.log.error({ err: error }, 'Work behind a request failed'))
  const stores = await openStores(app, settings, sealerFor(PURPOSE.credentials))
  app.addHook('onClose', async () => {
    await background.close()
    await stores.close()
  })
  const { storageFor } = stores
  const sessions = await UserSessions.on(app, settings, stores.sessions)
  const urls = new StartUrls(settings)
  const answers = new Answers(settings)
  const attempts = new AttemptCookies(sealerFor(PURPOSE.loginAttempt), clientId, isSecure(settings))
  const grants = new Grants({ settings, client: flow.client, storageFor, background, log: app.log })
  const rounds = new SignInRounds(isSecure(settings))
  const guard = new Guard(urls, answers, storageFor, rounds)
  await addRoutes(app, { settings, flow, urls, attempts, storageFor, sessions, answers, grants, rounds })
  const googleAuth: GoogleAuth = {
    required: ({ scopes = [] } = {}) => guard.required(scopes),
    startUrl: (params) => urls.startUrl(params),
    clientFor: (userId) => grants.clientFor(userId),
    storageFor,
    flow,
    verifyIdToken: (jwt) => flow.verifyIdToken(jwt),
    signOutEverywhere: (userId) => sessions.endAll(userId),
    revoke: async (userId) => {
      const refusal = await endGrant({ settings, sessions, grants }, userId, app.log)
      if (refusal !== null) throw refusal
    }
  }
  return { googleAuth, guard }
}

const googleAuthPlugin: FastifyPluginAsync<GoogleAuthOptions> = async (app, options) => {
  const settings = await checkOptions(options)
  app.decorateRequest('googleUser', { getter: userOf })
  const { googleAuth, guard } = await buildGoogleAuth(app, settings)
  app.decorate('googleAuth', googleAuth)
  const clients = new WeakMap<FastifyRequest, GoogleClient>()
  app.decorateRequest('googleClient', {
    getter(this: FastifyRequest) {
      const user = this.googleUser
      if (user === null) throw new LoginRequiredError()
      const client = clients.get(this) ?? googleAuth.clientFor(user.sub)
      clients.set(this, client)
      return client
    }
  })
  answerBehindGuards(app, guard)
}

function userOf(this: FastifyRequest): GoogleUser | null {
  return sessionStateOf(this)?.user ?? null
}

/** Headers of an answer that say nothing about the one in its place. */
const ABOUT_THE_BODY = ['content-type', 'content-length', 'content-encoding', 'etag', 'last-modified']

/**
 * Errors that mean "sign in" are answered as the guard would, also when a handler throws them: `onError` runs before
 * `onSend`, so the app keeps its own error handler for everything else.
 */
function answerBehindGuards(app: FastifyInstance, guard: Guard): void {
  const pending = new WeakMap<FastifyRequest, Answer>()
  app.addHook('onError', async (request, reply, error) => {
    const answer = await guard.answerTo(request, reply, error)
    if (answer !== null) pending.set(request, answer)
  })
  app.addHook('onSend', (request, reply, payload, done) => {
    const answer = pending.get(request)
    if (answer === undefined) {
      guard.settle(request, reply)
      return done(null, payload)
    }
    pending.delete(request)
    for (const name of ABOUT_THE_BODY) reply.removeHeader(name)
    void reply.code(answer.statusCode).headers(answer.headers)
    done(null, answer.body)
  })
}

/**
 * Google login for Fastify. Throws a `TypeError` that names a wrong option, a client secrets error, or a `StorageError`
 * when Redis cannot be reached.
 */
export const googleAuth = fp(googleAuthPlugin, { name: 'fastify-google-auth', fastify: '5.x' })
