import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { LoginRequiredError } from '../core/errors/sign-in.js'
import { OAuth2WebServerFlow } from '../core/flow/flow.js'
import { createSealer, PURPOSE, type SealerFor } from '../core/lib/sealing.js'
import { BackgroundTasks } from './background-tasks.js'
import type { GoogleAuth } from './google-auth.js'
import { createEndGrant } from './grants/end-grant.js'
import type { GoogleClient } from './grants/google-client.js'
import { checkedId, ownGrant } from './grants/own-grant.js'
import { UserClients } from './grants/user-clients.js'
import { answerBehindGuards } from './guard/behind-guards.js'
import { Guard, refuseAsHook } from './guard/guard.js'
import { SignInPrompt } from './guard/sign-in-prompt.js'
import { cookiesOf } from './http/cookies.js'
import { ErrorResponses } from './http/error-responses.js'
import { RequestOrigins } from './http/request-origin.js'
import { checkOptions, type Settings } from './options/options.js'
import { addRoutes } from './routes.js'
import { registerSessions } from './session/session-plugin.js'
import type { UserSessions } from './session/user-sessions.js'
import { createAdmit } from './sign-in/admit.js'
import { AttemptCookies } from './sign-in/attempt-cookies.js'
import { createExchangeOnce } from './sign-in/exchange-once.js'
import { createFailedReturn } from './sign-in/failed-return.js'
import { RedirectLoopGuard } from './sign-in/redirect-loop-guard.js'
import { returnRoute } from './sign-in/return-route.js'
import { createSettle } from './sign-in/settle.js'
import { createGoToGoogle, startRoute } from './sign-in/start-route.js'
import { StartUrls } from './sign-in/start-url.js'
import { createStore } from './sign-in/store.js'
import { createRevokeUser, revokeRoute, signOutRoute } from './sign-out/sign-out-routes.js'
import { openStores, type Stores } from './stores.js'
import type { GoogleAuthOptions } from './types.js'

const googleAuthPlugin: FastifyPluginAsync<GoogleAuthOptions> = async (app, options) => {
  if (app.hasDecorator('googleAuth')) {
    throw new TypeError(
      'fastify-google-auth is registered already, in this scope or in one above it. For a second OAuth client, register each of the two in a scope of its own, with paths of its own.'
    )
  }
  const settings = await checkOptions(options, app.prefix)
  const sealerFor = createSealer(settings.secrets)
  const background = new BackgroundTasks((error) => app.log.error({ err: error }, 'Work behind a request failed'))
  const stores = await openStores({ settings, sealer: sealerFor(PURPOSE.credentials), background, log: app.log })
  app.addHook('onClose', async () => {
    await background.close()
    await stores.close()
  })
  const sessions = await registerSessions(app, settings, stores.sessions, sealerFor)
  decorateRequests(app, sessions)
  const { googleAuth, guard } = await assemble({ app, settings, sealerFor, stores, sessions, background })
  app.decorate('googleAuth', googleAuth)
  refuseAsHook(app, googleAuth.required)
  answerBehindGuards(app, guard)
}

function decorateRequests(app: FastifyInstance, sessions: UserSessions): void {
  app.decorateRequest('googleUser', {
    getter() {
      return sessions.signInOf(this)?.user ?? null
    }
  })
  app.decorateRequest('signedInUser', {
    getter() {
      if (this.googleUser === null) throw new LoginRequiredError()
      return this.googleUser
    }
  })
  const clients = new WeakMap<FastifyRequest, GoogleClient>()
  app.decorateRequest('googleClient', {
    getter() {
      const { sub } = this.signedInUser
      const held = clients.get(this)
      const client = held?.user === sub ? held : app.googleAuth.clientFor(sub)
      clients.set(this, client)
      return client
    }
  })
}

interface Parts {
  app: FastifyInstance
  settings: Settings
  sealerFor: SealerFor
  stores: Stores
  sessions: UserSessions
  background: BackgroundTasks
}

/** Makes the parts and connects them. */
async function assemble(parts: Parts): Promise<{ googleAuth: GoogleAuth; guard: Guard }> {
  const { app, settings, sealerFor, stores, sessions, background } = parts
  const { grants, claims } = stores
  const { storageFor } = grants
  const { paths, defaultReturnTo, accessType, given } = settings
  const { log } = app
  const flow = flowOf(settings)
  const { client } = flow

  const cookies = cookiesOf(settings)
  const origins = new RequestOrigins(settings)
  const responses = new ErrorResponses(settings)
  const urls = new StartUrls(settings, origins)
  const loopGuard = new RedirectLoopGuard(cookies)

  const attempts = new AttemptCookies(sealerFor(PURPOSE.loginAttempt), settings, cookies)
  const goToGoogle = createGoToGoogle(flow, attempts)
  const steps = {
    exchangeOnce: createExchangeOnce(claims, sealerFor(PURPOSE.signInOutcome)),
    admit: createAdmit({ flow, storageFor, onSignIn: given.onSignIn }),
    store: createStore(storageFor, accessType),
    settle: createSettle(sessions)
  }
  const failed = createFailedReturn({ sessions, urls, responses, defaultReturnTo })

  const clients = new UserClients({ settings, client, storageFor, background, log })
  const endGrant = createEndGrant({ client, storageFor, background, log, onRevokeFailed: given.onRevokeFailed })
  const revoke = createRevokeUser({ endGrant, sessions, onRevoke: given.onRevoke, log })

  const prompt = new SignInPrompt(responses, loopGuard)
  const grantedScopes = (userId: string): Promise<readonly string[]> => clients.grantedScopes(ownGrant(userId))
  const guard = new Guard({ sessions, urls, prompt, responses, grantedScopes })

  const signOut = { sessions, urls, onSignOut: given.onSignOut, revoke }
  const routes = [
    { path: paths.start, method: 'GET', handler: startRoute({ flow, urls, origins, goToGoogle }) },
    {
      path: paths.return,
      method: 'GET',
      handler: returnRoute({ flow, attempts, steps, sessions, loopGuard, goToGoogle, failed })
    },
    { path: paths.signOut, method: 'POST', handler: signOutRoute(signOut) },
    { path: paths.revoke, method: 'POST', handler: revokeRoute(signOut) }
  ] as const
  await addRoutes(app, routes, { settings, urls, origins, responses })

  const googleAuth: GoogleAuth = {
    required: (options) => guard.required(options),
    startUrl: (params) => urls.startUrl(params),
    clientFor: (userId) => clients.clientFor(ownGrant(userId)),
    storageFor: (userId) => {
      const { owner, account } = ownGrant(userId)
      return storageFor(owner, account)
    },
    flow,
    verifyIdToken: (jwt) => flow.verifyIdToken(jwt),
    signOutEverywhere: async (userId) => sessions.endAll(checkedId(userId)),
    revoke: async (userId) => {
      const refusal = await revoke(checkedId(userId))
      if (refusal !== null) throw refusal
    }
  }
  return { googleAuth, guard }
}

function flowOf(settings: Settings): OAuth2WebServerFlow {
  return new OAuth2WebServerFlow({
    ...settings.client,
    scope: settings.scopes,
    redirectUri: settings.redirectUri.href,
    accessType: settings.accessType,
    hostedDomain: settings.hostedDomains,
    issuer: settings.issuer,
    clockTolerance: settings.clockToleranceS
  })
}

/**
 * The Fastify plugin for Google login. Registering it throws a `TypeError` that names a wrong option, a client secrets error,
 * or a `StorageError` when Redis cannot be reached.
 */
export const googleAuth = fp(googleAuthPlugin, { name: 'fastify-google-auth', fastify: '5.x' })
