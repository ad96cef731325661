import { FlowExchangeError } from '../errors/exchange.js'
import type { OAuthClient } from '../provider/client-authentication.js'
import { calculatePKCECodeChallenge } from 'oauth4webapi'
import { checkAuthorizationResponse } from './authorization-response.js'
import type { Callback } from './callback-params.js'
import { asExchangeError } from './exchange-error.js'
import { idTokenVerifier, type IdTokenExpectations, type IdTokenVerifier } from '../provider/id-token.js'
import type { IdTokenClaims } from '../provider/id-token-claims.js'
import { keySet } from '../provider/jwks.js'
import type { AuthorizeParams, FlowOptions } from './flow-options.js'
import { newAttempt, type LoginAttempt } from './login-attempt.js'
import { OAuth2Credentials } from '../credentials/oauth2.js'
import { providerFetch } from '../provider/fetch.js'
import { providerSource, type Provider } from '../provider/endpoints.js'
import { REDACTED, printsAs } from '../lib/redact.js'
import { scopeList } from '../token/scopes.js'
import { EndpointRefusal } from '../provider/refusal.js'
import { exchangeCode, exchangeCodeWithoutPkce } from '../provider/token-endpoint.js'

/** A checked return. Only `readReturn` makes one, and only such a value can be exchanged. It holds no secret. */
export interface AuthorizationGrant {
  /** What was asked; without the secrets of the attempt. */
  readonly attempt: Pick<LoginAttempt, 'scopes' | 'redirectUri' | 'clientId' | 'createdAt'>
}

/**
 * The authorization code flow of a web server. Its two steps always use PKCE, state and nonce; `exchangeCodeWithoutPkce` is for codes
 * that were asked for elsewhere.
 * @see https://developers.google.com/identity/protocols/oauth2/web-server
 */
export class OAuth2WebServerFlow {
  /** The OAuth client's id. */
  readonly clientId: string
  /** The redirect URI. */
  readonly redirectUri: string
  /** The scopes to ask for, sign-in scopes by their short names. */
  readonly scopes: readonly string[]
  readonly #options: FlowOptions
  readonly #client: OAuthClient
  readonly #verify: IdTokenVerifier
  readonly #grants = new WeakMap<AuthorizationGrant, { params: URLSearchParams; attempt: LoginAttempt }>()

  /** @param options The OAuth client, and what to ask. */
  constructor(options: FlowOptions) {
    const { clientId, clientSecret, redirectUri, scope, now = Date.now } = options
    for (const [name, value] of Object.entries({ clientId, redirectUri })) {
      if (typeof value !== 'string' || value === '') throw new TypeError(`${name} must be a text that is not empty.`)
    }
    this.#options = { ...options }
    this.clientId = clientId
    this.redirectUri = redirectUri
    this.scopes = Object.freeze(scopeList(scope))
    const bounded = options.boundedFetch ?? providerFetch(options.fetch ?? fetch)
    const provider = providerSource(options, bounded)
    this.#client = { clientId, clientSecret, provider, fetch: bounded, now }
    const keys = keySet(async () => (await provider()).server.jwks_uri, bounded, now)
    this.#verify = idTokenVerifier(provider, keys, { clockToleranceS: options.clockTolerance, now })
  }

  /** The client, with its secret. @internal */
  get client(): OAuthClient {
    return this.#client
  }

  /**
   * The verified claims of an ID token that was issued to this client. Throws a `VerifyJwtTokenError` or a
   * `HostedDomainError`.
   * @param jwt The ID token, as it came.
   * @param expected What is expected otherwise. `hostedDomain: []` accepts any account.
   */
  verifyIdToken(jwt: string, expected: Partial<IdTokenExpectations> = {}): Promise<IdTokenClaims> {
    return this.#verify(jwt, { clientId: this.clientId, hostedDomain: this.#options.hostedDomain, ...expected })
  }

  /**
   * The URL to send the browser to, and the attempt to keep for its return. Throws a `FlowExchangeError` when the
   * provider's endpoints cannot be discovered.
   * @param params What to ask besides.
   * @see https://developers.google.com/identity/openid-connect/openid-connect#authenticationuriparameters
   */
  async step1GetAuthorizeUrl(params: AuthorizeParams = {}): Promise<{
    /** Where to send the browser. */
    url: string
    /** What to keep for the return, where only this browser can bring it back. */
    attempt: LoginAttempt
  }> {
    const { server } = await this.#provider()
    const { clientId } = this
    const { redirectUri = this.redirectUri } = params
    const scopes = scopeList(params.scopes ?? this.scopes)
    // In the attempt, so that the return can be checked at once, also by a process that has not read the metadata.
    const promise = server.authorization_response_iss_parameter_supported === true ? { issPromised: true as const } : {}
    const attempt = newAttempt({ scopes, redirectUri, clientId, ...promise }, this.#client.now())
    const url = new URL(server.authorization_endpoint)
    const query: Record<string, string | undefined> = {
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirectUri,
      scope: scopes.join(' '),
      state: attempt.state,
      nonce: attempt.nonce,
      code_challenge: await calculatePKCECodeChallenge(attempt.codeVerifier),
      code_challenge_method: 'S256',
      access_type: this.#options.accessType ?? 'offline',
      include_granted_scopes: params.includeGrantedScopes === false ? undefined : 'true',
      prompt: params.prompt,
      login_hint: params.loginHint,
      hd: this.#domainHint()
    }
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value)
    return { url: url.href, attempt }
  }

  /**
   * The credentials for a return that belongs to `attempt`: `readReturn` and `exchange` in one. Throws what these throw.
   * @param callback The return: its URL, its search parameters, or its query as an object.
   * @param attempt What `step1GetAuthorizeUrl` gave.
   */
  async step2Exchange(callback: Callback, attempt: LoginAttempt): Promise<OAuth2Credentials> {
    return this.exchange(this.readReturn(callback, attempt))
  }

  /**
   * The checked return. Throws a `LoginAttemptError` when it does not belong to `attempt`, an `AuthorizationError` when
   * Google answered with an error.
   * @param callback The return: its URL, its search parameters, or its query as an object.
   * @param attempt What `step1GetAuthorizeUrl` gave.
   * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
   * @see https://www.rfc-editor.org/rfc/rfc9207
   */
  readReturn(callback: Callback, attempt: LoginAttempt): AuthorizationGrant {
    const params = checkAuthorizationResponse(callback, attempt, this.#client)
    const { scopes, redirectUri, clientId, createdAt } = attempt
    const grant: AuthorizationGrant = Object.freeze({ attempt: { scopes, redirectUri, clientId, createdAt } })
    this.#grants.set(grant, { params, attempt })
    return grant
  }

  /**
   * The credentials for a checked return, after its ID token has been verified. A grant can be exchanged once. Throws a
   * `FlowExchangeError`, a `VerifyJwtTokenError` or a `HostedDomainError`.
   * @param grant What `readReturn` gave.
   * @see https://developers.google.com/identity/openid-connect/openid-connect#exchangecode
   */
  async exchange(grant: AuthorizationGrant): Promise<OAuth2Credentials> {
    const ticket = this.#grants.get(grant)
    if (ticket === undefined)
      throw new TypeError('exchange() takes what readReturn() of this flow gave, and takes it once.')
    this.#grants.delete(grant)
    const { params, attempt } = ticket
    const { redirectUri, codeVerifier } = attempt
    const answer = await exchangeCode(this.#client, params, redirectUri, codeVerifier).catch((error: unknown) => {
      throw asExchangeError(error)
    })
    // RFC 6749, section 5.1: an answer without `scope` grants what was asked for.
    const token = answer.scopes.length === 0 ? answer.with({ scopes: attempt.scopes }) : answer
    const idToken = await this.#verified(token.idToken, attempt, token.accessToken)
    return OAuth2Credentials.of(this.#client, token, idToken)
  }

  /**
   * The credentials for a code that this flow has not asked for: Google's script in the browser has, or an app on a phone.
   * Such a code comes without state, nonce and PKCE, so the caller must know by other means where it comes from. Throws as
   * `exchange` does, also for an answer without an ID token.
   * @param code The code.
   * @param redirectUri `'postmessage'` for a code of the script, `''` for one of a phone.
   * @see https://developers.google.com/identity/oauth2/web/guides/use-code-model
   */
  async exchangeCodeWithoutPkce(code: string, redirectUri: 'postmessage' | ''): Promise<OAuth2Credentials> {
    const token = await exchangeCodeWithoutPkce(this.#client, code, redirectUri).catch((error: unknown) => {
      throw asExchangeError(error)
    })
    const { idToken: jwt, accessToken } = token
    if (jwt === undefined) throw new FlowExchangeError('id_token_missing', 'code')
    const { hostedDomain } = this.#options
    const expected = { clientId: this.clientId, anyAuthorizedParty: true, accessToken, hostedDomain }
    return OAuth2Credentials.of(this.#client, token, await this.#verify(jwt, expected))
  }

  async #verified(jwt: string | undefined, attempt: LoginAttempt, accessToken: string): Promise<IdTokenClaims | null> {
    const { hostedDomain } = this.#options
    if (jwt === undefined) {
      // Only an ID token says the domain.
      if (attempt.scopes.includes('openid') || [hostedDomain ?? []].flat().length > 0)
        throw new FlowExchangeError('id_token_missing', 'trouble')
      return null
    }
    const { nonce } = attempt
    return this.#verify(jwt, { clientId: this.clientId, nonce, accessToken, hostedDomain })
  }

  async #provider(): Promise<Provider> {
    try {
      return await this.#client.provider()
    } catch (error) {
      const retryAfterS = error instanceof EndpointRefusal ? error.retryAfterS : undefined
      throw new FlowExchangeError('discovery_failed', 'trouble', { cause: error, retryAfterS })
    }
  }

  /** The domain for `hd`, which takes only one. With several, Google shows all Workspace accounts. */
  #domainHint(): string | undefined {
    const domains = [this.#options.hostedDomain ?? []].flat()
    return domains.length > 1 ? '*' : domains[0]
  }
}

printsAs(OAuth2WebServerFlow, ({ clientId, redirectUri, scopes }) => ({
  clientId,
  clientSecret: REDACTED,
  redirectUri,
  scopes
}))
