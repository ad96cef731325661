import type { FastifyInstance } from 'fastify'
import type { OAuth2WebServerFlow } from '../core/flow/flow.js'
import { PURPOSE, type SealerFor } from '../core/lib/sealing.js'
import type { BackgroundTasks } from './background-tasks.js'
import type { GoogleAuth } from './google-auth.js'
import { Refusals } from './connect/refusals.js'
import { createConnect } from './connect/connect.js'
import { connectReturn } from './connect/connect-return.js'
import { createConnectQuestion } from './connect/connect-question.js'
import { flowOf } from './flow.js'
import { createGrantApi } from './grant-api.js'
import { AccountHolders } from './grants/account-holders.js'
import { Clients } from './grants/clients.js'
import { GrantEnder } from './grants/end-grant.js'
import { createOutliveRevocation } from './grants/outlive-revocation.js'
import { createRevoke } from './grants/revoke.js'
import { livingScopes } from './grants/status.js'
import type { BearerUsers } from './principal/bearer-users.js'
import { createDoors } from './doors/doors.js'
import { BearerGuard } from './guard/bearer-guard.js'
import { AccountGuard } from './guard/account-guard.js'
import type { PrincipalOf } from './principal/principal.js'
import { Guard } from './guard/guard.js'
import { UserGuard } from './guard/user-guard.js'
import { SignInPrompt } from './guard/sign-in-prompt.js'
import { cookiesOf } from './http/cookies.js'
import { ErrorResponses } from './http/error-responses.js'
import { RequestOrigins } from './http/request-origin.js'
import type { Settings } from './options/options.js'
import type { Route } from './http/route.js'
import { addRoutes } from './routes.js'
import { riscRoutes } from './risc/risc.js'
import type { UserSessions } from './session/user-sessions.js'
import { createAdmit, createAgree } from './sign-in/admit.js'
import { AttemptCookies, type HeldAttempt } from './sign-in/attempt-cookies.js'
import type { ReturnPurpose } from './sign-in/return-purpose.js'
import { createExchangeOnce } from './sign-in/exchange-once.js'
import { createFailedReturn } from './sign-in/failed-return.js'
import { RedirectLoopGuard } from './sign-in/redirect-loop-guard.js'
import { returnRoute } from './sign-in/return-route.js'
import { createSettle } from './sign-in/settle.js'
import { signInReturn } from './sign-in/sign-in-return.js'
import { createGoToGoogle, startRoute } from './sign-in/start-route.js'
import { checkStartParams, StartUrls } from './sign-in/start-url.js'
import { createStore } from './sign-in/store.js'
import { revokeRoute, signOutRoute } from './sign-out/sign-out-routes.js'
import type { Stores } from './stores.js'
import { TestEntrance } from './test-entrance.js'
import type { Warnings } from './warnings/warnings.js'

export interface AssembleParts {
  app: FastifyInstance
  settings: Settings
  sealerFor: SealerFor
  stores: Stores
  sessions: UserSessions
  flow: OAuth2WebServerFlow
  bearerUsers: BearerUsers
  principalOf: PrincipalOf
  background: BackgroundTasks
  warnings: Warnings
}

export interface Assembled {
  googleAuth: GoogleAuth
  guard: Guard
  clients: Clients
  testEntrance: TestEntrance
}

/** Makes the parts and connects them. */
export async function assemble(parts: AssembleParts): Promise<Assembled> {
  const { app, settings, sealerFor, stores, sessions, flow, bearerUsers, principalOf, background, warnings } = parts
  const { grants, claims } = stores
  const { paths, defaultReturnTo, accessType, signsIn, given } = settings
  const { log } = app
  const { client } = flow

  const cookies = cookiesOf(settings)
  const origins = new RequestOrigins(settings)
  const responses = new ErrorResponses(settings)
  const urls = new StartUrls(settings, origins)
  const loopGuard = new RedirectLoopGuard(cookies)
  const refusals = new Refusals(sealerFor(PURPOSE.refusals), settings, cookies)

  const clients = new Clients({ settings, client, grants, background, log })
  const holders = new AccountHolders({ settings, grants, clients })
  const ender = new GrantEnder({ settings, client, grants, holders, background, log })
  const revoke = createRevoke({ settings, grants, ender, sessions, log })
  const outliveRevocation = createOutliveRevocation(grants, clients)

  const attempts = new AttemptCookies(sealerFor(PURPOSE.loginAttempt), settings, cookies)
  // The domain limits who signs in. A user who has signed in may add an account of any domain.
  const connectFlow =
    signsIn && settings.hostedDomains.length > 0 ? flowOf({ ...settings, hostedDomains: [] }, warnings) : flow
  const goToGoogle = createGoToGoogle(({ connectOf }) => (connectOf === undefined ? flow : connectFlow), attempts)
  const agree = createAgree(grants.storageFor, given.onSignIn)
  const settle = createSettle(sessions)
  const testEntrance = new TestEntrance(app, { settings, grants, agree, settle })
  const steps = {
    agree,
    admit: createAdmit(agree, warnings),
    store: createStore(grants, ender, outliveRevocation, accessType),
    settle
  }
  const signIn = signInReturn({
    flow,
    steps,
    sessions,
    goToGoogle,
    failed: createFailedReturn({ sessions, urls, responses, defaultReturnTo, defaultScopes: settings.scopes })
  })
  const { onConnect } = given
  const connect = createConnect({ grants, clients, ender, outliveRevocation, onConnect, warnings })
  const connecting = connectReturn({
    flow: connectFlow,
    principalOf,
    connect,
    sessions,
    refusals,
    goToGoogle,
    urls,
    responses,
    defaultReturnTo,
    warnings
  })
  const purposeOf = (held: HeldAttempt | undefined): ReturnPurpose<object> =>
    signsIn && held?.connectOf === undefined ? signIn : connecting

  const prompt = new SignInPrompt(responses, loopGuard, urls)
  const accountGuard = new AccountGuard({ grants, refusals, urls, prompt })
  const grantedScopes = (userId: string): Promise<readonly string[]> => livingScopes(grants, userId)
  const bearerGuard =
    settings.bearerAudiences === null
      ? null
      : new BearerGuard({
          users: bearerUsers,
          sessions,
          urls,
          responses,
          signsIn,
          grantedScopes
        })
  const userGuard = new UserGuard({ sessions, urls, prompt, responses, signsIn, grantedScopes })
  const guard = new Guard(app, {
    principalOf,
    userGuard,
    accountGuard,
    bearerGuard,
    origins,
    urls,
    prompt,
    responses,
    signsIn
  })
  const doors = createDoors({
    settings,
    sealerFor,
    flow,
    claims,
    cookies,
    origins,
    urls,
    responses,
    principalOf,
    steps,
    connect
  })

  const exchangeOnce = createExchangeOnce(stores.sessions.claims, sealerFor(PURPOSE.signInOutcome))
  const connectQuestion = createConnectQuestion({ settings, principalOf, grants })
  const start = startRoute({ flow, urls, origins, goToGoogle, connectQuestion })
  const back = returnRoute({ attempts, exchangeOnce, loopGuard, sessions, warnings, purposeOf })
  const routes: Route[] = [
    { path: paths.start, method: 'GET', handler: testEntrance.beside(start) },
    { path: paths.return, method: 'GET', handler: back },
    { path: paths.revoke, method: 'POST', handler: revokeRoute({ principalOf, sessions, urls, revoke }) },
    ...riscRoutes({ settings, stores, sessions, fetch: client.fetch, background, log }),
    ...doors.routes
  ]
  if (signsIn) {
    const handler = signOutRoute({ sessions, urls, onSignOut: given.onSignOut })
    routes.push({ path: paths.signOut, method: 'POST', handler })
  }
  await addRoutes(app, routes, { settings, urls, origins, responses, warnings })

  const finishEnds = (): void =>
    background.run(
      ender.finishAll().catch((error: unknown) => log.warn({ err: error }, 'Unfinished ends of grants wait for later'))
    )
  app.addHook('onReady', async () => finishEnds())
  const api = createGrantApi({ settings, grants, clients, sessions, revoke, finishEnds, log })
  const googleAuth: GoogleAuth = {
    required: (options) => guard.required(options),
    startUrl: (params) => urls.startUrl(checkStartParams(params)),
    flow,
    verifyIdToken: (jwt) => flow.verifyIdToken(jwt),
    oneTapNonce: (request, reply) => doors.oneTapNonce(request, reply),
    ...api
  }
  return { googleAuth, guard, clients, testEntrance }
}
