import { OriginNotAllowedError } from '../errors/api.js'
import { AccessTokenRefreshError, GrantLostError } from '../errors/grant.js'
import type { Fetch } from '../lib/url.js'
import { GOOGLE_ENDPOINTS, isGoogleEndpoint } from '../provider/endpoints.js'
import { providerFetch } from '../provider/fetch.js'
import { troubleName } from '../provider/refusal.js'
import { scopeList } from '../token/scopes.js'
import type { Access } from './access.js'
import type { Call } from './calls/call.js'
import { FetchAnswer } from '../http/fetch-answer.js'
import { sendAuthorized } from './send-authorized.js'

/** The endpoint that knows the tokens of `tokenUri` (default Google's); `undefined` for another issuer than Google. */
export function tokenInfoUriFor(tokenUri: string = GOOGLE_ENDPOINTS.token_endpoint): string | undefined {
  return isGoogleEndpoint(tokenUri) ? GOOGLE_ENDPOINTS.tokeninfo_endpoint : undefined
}

/**
 * The scopes of a token, as the endpoint `uri` knows them. The token is sent in the body, since URLs end up in logs. Throws an
 * `OriginNotAllowedError`, before anything is sent, where there is no endpoint or the token may not go there; what the source
 * of tokens throws; and an `AccessTokenRefreshError` where the endpoint cannot be reached.
 * @see https://developers.google.com/identity/protocols/oauth2/native-app#verifyscopes
 */
export async function scopesOf(access: Access, fetch: Fetch, uri: string | undefined): Promise<string[]> {
  if (uri === undefined) throw noEndpoint()
  const ask = providerFetch(fetch)
  const call: Call<FetchAnswer> = {
    url: access.rule(uri),
    method: 'POST',
    streamBody: false,
    signal: undefined,
    followsRedirects: false,
    async send({ url, accessToken }) {
      const body = new URLSearchParams({ access_token: accessToken ?? '' })
      const response = await ask(url.href, { method: 'POST', body }).catch(failed)
      // Google's answer for a token that has expired, or never existed.
      return new FetchAnswer(response.status === 400 ? new Response(null, { status: 401 }) : response)
    }
  }
  const { answer } = await sendAuthorized(call, { ...access, returnRefused: true })
  if (answer.status === 401) throw new GrantLostError('invalid_token')
  if (answer.status !== 200) failed(answer.status)
  const { scope } = (await answer.response.json().catch(failed)) as { scope?: unknown }
  return typeof scope === 'string' ? scopeList(scope) : []
}

function noEndpoint(): OriginNotAllowedError {
  const { origin } = new URL(GOOGLE_ENDPOINTS.tokeninfo_endpoint)
  return new OriginNotAllowedError(
    origin,
    'retrieveScopes() knows no endpoint for this token: it comes from another issuer, and so it is not sent to Google. ' +
      'Give the option tokenInfoUri if that issuer has such an endpoint, or use hasScopes(), which needs none.'
  )
}

function failed(trouble: unknown): never {
  const reason = typeof trouble === 'number' ? `http_${trouble}` : troubleName(trouble)
  const cause = trouble instanceof Error ? trouble : undefined
  throw new AccessTokenRefreshError(reason, cause, undefined, `Google could not be asked for the scopes (${reason}).`)
}
