import { AccessTokenRefreshError, GrantLostError } from '../errors/grant.js'
import { SignJWT } from 'jose'
import { genericTokenEndpointRequest, type ClientAuth } from 'oauth4webapi'
import { CLOCK_TOLERANCE_S } from '../provider/id-token.js'
import { requestOptions } from '../provider/fetch.js'
import type { Fetch } from '../lib/url.js'
import { withRetries, type Refresh } from '../provider/refresh.js'
import type { ServiceAccountKey } from './service-account-key.js'
import { readToken } from '../provider/token-endpoint.js'
import { Token } from '../token/token.js'

/** The longest life that Google allows an assertion. */
const MAX_ASSERTION_LIFE_S = 3_600
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
/** No client id is sent: the assertion names the client. */
const byAssertion: ClientAuth = () => {}

/** What a service account asks for. */
export interface AssertionRequest {
  key: ServiceAccountKey
  scopes: readonly string[]
  /** More claims. `sub` is the user to act for. */
  claims: Readonly<Record<string, unknown>>
  clockToleranceS?: number | undefined
  fetch: Fetch
  now: () => number
}

/**
 * The token of a service account before its first request. It has no access token, so that the first use asks for
 * one.
 */
export function noTokenYet(scopes: readonly string[]): Token {
  return Token.from({ accessToken: '', scopes: [...scopes] })
}

/**
 * A `Refresh` by a signed assertion. It tries again after trouble that passes, as every refresh does. A refusal is an
 * `AccessTokenRefreshError` that says what to do. The grant of a service account is never lost, since nobody signs in.
 * @see https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-2.1
 */
export function refreshByAssertion(request: AssertionRequest): Refresh {
  const { scopes, now } = request
  return async (latest) => {
    if (scopes.length === 0)
      throw new TypeError('A service account needs scopes: give them as an option, or call createScoped().')
    try {
      return await withRetries((signal) => requestToken(request, signal), latest ?? noTokenYet(scopes), now)
    } catch (error) {
      throw explained(error, request)
    }
  }
}

async function requestToken(request: AssertionRequest, signal: AbortSignal): Promise<Token> {
  const { key, scopes, fetch, now } = request
  const client = { client_id: key.clientId ?? key.clientEmail }
  const server = { issuer: new URL(key.tokenUri).origin, token_endpoint: key.tokenUri }
  const parameters = new URLSearchParams({ assertion: await signedAssertion(request) })
  const options = { ...requestOptions(fetch, key.tokenUri), signal }
  const response = await genericTokenEndpointRequest(server, client, byAssertion, JWT_BEARER, parameters, options)
  const token = await readToken({ clientId: client.client_id, now }, server, response)
  return token.with({ refreshedAt: now(), ...(token.scopes.length === 0 ? { scopes: [...scopes] } : {}) })
}

/** A signed assertion, dated back by the clock tolerance, so that a clock ahead of Google's does no harm. */
function signedAssertion({
  key,
  scopes,
  claims,
  clockToleranceS = CLOCK_TOLERANCE_S,
  now
}: AssertionRequest): Promise<string> {
  const issuedAt = Math.floor(now() / 1000) - clockToleranceS
  return new SignJWT({ ...claims, scope: scopes.join(' ') })
    .setProtectedHeader({
      alg: 'RS256',
      typ: 'JWT',
      ...(key.privateKeyId === undefined ? {} : { kid: key.privateKeyId })
    })
    .setIssuer(key.clientEmail)
    .setAudience(key.tokenUri)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + MAX_ASSERTION_LIFE_S)
    .sign(key.privateKey)
}

function explained(error: unknown, { key, scopes, claims }: AssertionRequest): unknown {
  const refused = (reason: string, advice: string): AccessTokenRefreshError =>
    new AccessTokenRefreshError(reason, error, undefined, advice)
  const subject = typeof claims['sub'] === 'string' ? claims['sub'] : undefined
  if (error instanceof GrantLostError) {
    return refused(
      error.reason,
      `Google does not accept the assertion of the service account ${key.clientEmail} (${error.reason}): its key was deleted, ` +
        `the account is disabled${subject === undefined ? '' : ', the user to act for is unknown'}, or this machine's clock is wrong.`
    )
  }
  if (!(error instanceof AccessTokenRefreshError)) return error
  if (error.reason === 'unauthorized_client' && subject !== undefined) {
    return refused(
      error.reason,
      `The service account ${key.clientEmail} may not act for ${subject} (unauthorized_client). Domain-wide delegation ` +
        'must allow it: in the Admin console, under Security > Access and data control > API controls > Domain-wide ' +
        `delegation, an administrator authorizes the client id ${key.clientId ?? '(see the key file)'} for the scopes ` +
        `${scopes.join(',')} – exactly these. It can take a day to come into effect.`
    )
  }
  if (error.reason === 'invalid_scope')
    return refused(error.reason, `Google does not know one of the scopes ${scopes.join(' ')} (invalid_scope).`)
  return error
}
