import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Claims } from '../../claims/claims.js'
import type { OAuth2WebServerFlow } from '../../core/flow/flow.js'
import { PURPOSE, type SealerFor } from '../../core/lib/sealing.js'
import type { Connect } from '../connect/connect.js'
import type { Cookies } from '../http/cookies.js'
import { JSON_BODY } from '../http/body.js'
import type { ErrorResponses, PlainResponse } from '../http/error-responses.js'
import type { Route } from '../http/route.js'
import type { RequestOrigins } from '../http/request-origin.js'
import type { Settings } from '../options/options.js'
import { requiredPrincipal, type PrincipalOf } from '../principal/principal.js'
import type { Admit, Agree } from '../sign-in/admit.js'
import { reportOrRethrow, reportSignIn, watchReturns, type ReturnKind } from '../sign-in/report.js'
import type { Settle } from '../sign-in/settle.js'
import type { StartUrls } from '../sign-in/start-url.js'
import type { Store } from '../sign-in/store.js'
import { codeRoute, type Prepare } from './code-route.js'
import { credentialRoute } from './credential-route.js'
import { OneTapNonces } from './one-tap-nonces.js'

export interface DoorsParts {
  settings: Settings
  sealerFor: SealerFor
  flow: OAuth2WebServerFlow
  claims: Claims
  cookies: Cookies
  origins: RequestOrigins
  urls: StartUrls
  responses: ErrorResponses
  principalOf: PrincipalOf
  /** The steps of a sign-in after the exchange. */
  steps: { agree: Agree; admit: Admit; store: Store; settle: Settle }
  connect: Connect
}

/** The ways in besides the return: their routes, and what pages need for them. */
export interface Doors {
  routes: Route[]
  /** A nonce for Google's button and One Tap. Throws a `TypeError` without the option `oneTap`. */
  oneTapNonce: (request: FastifyRequest, reply: FastifyReply) => string
}

/** The response to an error that was reported. */
type AnswerError = (request: FastifyRequest, reply: FastifyReply, error: Error) => PlainResponse

export function createDoors(parts: DoorsParts): Doors {
  const { settings, sealerFor, flow, claims, cookies, origins, urls, responses, steps } = parts
  const { paths, oneTap, codes, clockToleranceS } = settings
  const nonces = new OneTapNonces(sealerFor(PURPOSE.oneTapNonce), settings, cookies)
  const { agree, settle } = steps
  const kind: ReturnKind = settings.signsIn ? 'sign-in' : 'connect'
  const reporting = (handler: Route['handler'], answer: AnswerError): Route['handler'] =>
    watchReturns(async (request, reply) => {
      try {
        return await handler(request, reply)
      } catch (error) {
        if (!(error instanceof Error)) throw error
        reportOrRethrow(request, kind, error)
        return answer(request, reply, error)
      }
    })
  const routes: Route[] = []
  if (oneTap) {
    const clockToleranceMs = clockToleranceS * 1000
    const onPage: AnswerError = (request, reply, error) =>
      responses.forError(request, reply, error, { authorizeUrl: urls.startUrl() })
    const handler = credentialRoute({ flow, agree, settle, claims, nonces, origins, urls, clockToleranceMs })
    routes.push({ path: paths.credential, method: 'POST', handler: reporting(handler, onPage), anySite: true })
  }
  if (codes.popup || codes.mobile) {
    const asJson: AnswerError = (_request, _reply, error) => responses.forApi(error)
    const handler = codeRoute({ flow, claims, origins, codes, prepare: preparing(parts) })
    routes.push({
      path: paths.code,
      method: 'POST',
      handler: reporting(handler, asJson),
      onlyApi: true,
      body: JSON_BODY
    })
  }
  return {
    routes,
    oneTapNonce(request, reply) {
      if (!oneTap) throw new TypeError('oneTapNonce() needs the option oneTap. Pass oneTap: true to the plugin.')
      return nonces.make(request, reply)
    }
  }
}

/** What a code is for: to sign in, or with the option `owner` to connect the account. */
function preparing({ settings, principalOf, steps, connect }: DoorsParts): Prepare {
  if (!settings.signsIn) {
    return (request) => {
      const { owner } = requiredPrincipal(principalOf, request)
      return async (credentials) => {
        const { grant, profile, scopes } = await connect(request, owner, credentials)
        reportSignIn(request, 'connect', grant)
        return { account: { account: grant.account, ...profile, scopes } }
      }
    }
  }
  return (request) => async (credentials) => {
    const { user } = await steps.store(await steps.admit(request, credentials), false)
    await steps.settle(request, user, { scopes: [], keepsTime: false })
    reportSignIn(request, 'sign-in', { owner: user.sub, account: user.sub })
    return { user }
  }
}
