import { TokenRevokeError } from '../errors/grant.js'
import { processRevocationResponse, revocationRequest } from 'oauth4webapi'
import type { Token } from '../token/token.js'
import { clientAuth, type OAuthClient } from './client-authentication.js'
import { requestOptions } from './fetch.js'
import { troubleName } from './refresh.js'
import { EndpointRefusal, refusalOf } from './refusal.js'

/** The provider has confirmed; or it has no revocation endpoint, or there is no token to send it. */
export type Revocation = 'confirmed' | 'nothing-to-ask'

/**
 * What became of the grant of `token` at the provider, asked by its refresh token where there is one. Throws a
 * `TokenRevokeError` when the provider did not confirm.
 */
export async function revokeGrant(client: OAuthClient, token: Token): Promise<Revocation> {
  const value = token.refreshToken ?? token.accessToken
  if (value === '') return 'nothing-to-ask'
  try {
    return await revokeToken(client, value)
  } catch (error) {
    throw new TokenRevokeError(error instanceof EndpointRefusal ? error.error : troubleName(error), error)
  }
}

/**
 * Ends the grant that a refresh or access token stands for; at Google, for the whole Cloud project. An answer that the
 * token is invalid already counts as done.
 * @see https://www.rfc-editor.org/rfc/rfc7009
 */
export async function revokeToken(client: OAuthClient, value: string): Promise<Revocation> {
  const { server } = await client.provider()
  if (!server.revocation_endpoint) return 'nothing-to-ask'
  const response = await revocationRequest(
    server,
    { client_id: client.clientId },
    clientAuth(client, server),
    value,
    requestOptions(client.fetch, server.revocation_endpoint)
  )
  if (response.status === 200) {
    await processRevocationResponse(response)
    return 'confirmed'
  }
  const refusal = await refusalOf(response, client, [value])
  if (refusal.error !== 'invalid_token' || refusal.status >= 500) throw refusal
  return 'confirmed'
}
