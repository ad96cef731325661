import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { OAuth2WebServerFlow } from '../../core/flow/flow.js'
import type { Settings } from '../options/options.js'
import { requestSlot, type RequestSlot } from '../request-slot.js'
import { userFrom } from './user.js'
import type { GoogleUser } from '../types/user.js'

/** Users whom the ID token in `Authorization: Bearer` names: of a mobile app, or a service of Google such as Cloud Scheduler. */
export class BearerUsers {
  readonly #flow: OAuth2WebServerFlow
  readonly #audiences: readonly string[]
  readonly #hostedDomains: readonly string[]
  readonly #user: RequestSlot<GoogleUser>

  constructor(app: FastifyInstance, flow: OAuth2WebServerFlow, { bearerAudiences, hostedDomains }: Settings) {
    this.#flow = flow
    this.#audiences = bearerAudiences ?? []
    this.#hostedDomains = hostedDomains
    this.#user = requestSlot(app, 'bearer')
  }

  /** The user of a token that was accepted; `null` for none. */
  of(request: FastifyRequest): GoogleUser | null {
    return this.#user.get(request)
  }

  /**
   * Makes the user of `token` that of the request. Any client of Google may have asked for it, so that `azp` is not looked at.
   * `anyDomain`: the guard has a list of addresses, which decides instead of the option `hostedDomain`. Throws a
   * `VerifyJwtTokenError`, or a `HostedDomainError`.
   */
  async accept(request: FastifyRequest, token: string, anyDomain: boolean): Promise<GoogleUser> {
    const hostedDomain = anyDomain ? [] : this.#hostedDomains
    const expected = { clientId: this.#audiences, anyAuthorizedParty: true, hostedDomain }
    const claims = await this.#flow.verifyIdToken(token, expected)
    const user = userFrom(claims, [], claims.iat * 1000)
    this.#user.set(request, user)
    return user
  }
}
