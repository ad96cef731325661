import { AccessTokenRefreshError, GrantLostError } from '../errors/grant.js'
import { GOOGLE_ENDPOINTS } from '../provider/endpoints.js'
import { providerFetch } from '../provider/fetch.js'
import type { Fetch } from '../lib/url.js'
import { sendAuthorized, type TokenSource } from './send-authorized.js'
import { troubleName } from '../provider/refresh.js'
import { scopeList } from '../token/scopes.js'

/**
 * The scopes of the token that `source` gives, as Google tells them. The token travels in the body: a URL would end up
 * in logs. Throws what `source` throws, and an `AccessTokenRefreshError` when Google cannot be asked.
 * @see https://developers.google.com/identity/protocols/oauth2/native-app#verifyscopes
 */
export async function scopesOf(
  source: TokenSource,
  fetch: Fetch,
  uri: string = GOOGLE_ENDPOINTS.tokeninfo_endpoint
): Promise<string[]> {
  const ask = providerFetch(fetch)
  const answer = await sendAuthorized<Response>(source, {
    send: (accessToken) =>
      ask(uri, { method: 'POST', body: new URLSearchParams({ access_token: accessToken }) }).catch(failed),
    // Google's word here for a token that has ended, or never was.
    statusOf: ({ status }) => (status === 400 ? 401 : status),
    discard: () => {},
    resendable: true,
    returnRefused: true
  })
  if (answer.status === 400 || answer.status === 401) throw new GrantLostError('invalid_token')
  if (answer.status !== 200) failed(answer.status)
  const { scope } = (await answer.json().catch(failed)) as { scope?: unknown }
  return typeof scope === 'string' ? scopeList(scope) : []
}

function failed(trouble: unknown): never {
  const reason = typeof trouble === 'number' ? `http_${trouble}` : troubleName(trouble)
  const cause = trouble instanceof Error ? trouble : undefined
  throw new AccessTokenRefreshError(reason, cause, undefined, `Google could not be asked for the scopes (${reason}).`)
}
