import { TokenRevokeError } from '../errors/grant.js'
import { processRevocationResponse, revocationRequest } from 'oauth4webapi'
import type { Token } from '../token/token.js'
import { clientAuth, type OAuthClient } from './client-authentication.js'
import { requestOptions } from './fetch.js'
import { EndpointRefusal, refusalOf, troubleName } from './refusal.js'

/**
 * What became of a revocation. There is nothing to ask without a token, and at a provider without a revocation
 * endpoint.
 */
export type Revocation = 'confirmed' | 'nothing-to-ask'

/**
 * Ends the grant of `token` at the provider, by its refresh token if there is one. Throws a `TokenRevokeError` when the
 * provider did not confirm.
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
 * Ends the grant that a refresh or access token belongs to; at Google, for the whole Cloud project. Also confirmed when
 * the provider says that the token is invalid already.
 * @see https://www.rfc-editor.org/rfc/rfc7009
 */
async function revokeToken(client: OAuthClient, value: string): Promise<Revocation> {
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
