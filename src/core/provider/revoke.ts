import { TokenRevokeError } from '../errors/grant.js'
import { processRevocationResponse, revocationRequest } from 'oauth4webapi'
import type { Token } from '../token/token.js'
import { clientAuth, type OAuthClient } from './client-authentication.js'
import { requestOptions } from './fetch.js'
import { troubleName } from './refresh.js'
import { EndpointRefusal, refusalOf } from './refusal.js'

/** Ends the grant of `token` at Google: by its refresh token where there is one. Throws a `TokenRevokeError`. */
export async function revokeGrant(client: OAuthClient, token: Token): Promise<void> {
  const value = token.refreshToken ?? token.accessToken
  if (value === '') return
  try {
    await revokeToken(client, value)
  } catch (error) {
    throw new TokenRevokeError(error instanceof EndpointRefusal ? error.error : troubleName(error), error)
  }
}

/**
 * Ends the grant that a refresh or access token stands for; at Google, for the whole Cloud project. An answer that the
 * token is invalid already counts as done.
 * @see https://www.rfc-editor.org/rfc/rfc7009
 */
export async function revokeToken(client: OAuthClient, value: string): Promise<void> {
  const { server } = await client.provider()
  const response = await revocationRequest(
    server,
    { client_id: client.clientId },
    clientAuth(client, server),
    value,
    requestOptions(client.fetch, server.revocation_endpoint)
  )
  if (response.status === 200) {
    await processRevocationResponse(response)
    return
  }
  const refusal = await refusalOf(response, client, [value])
  if (refusal.error !== 'invalid_token' || refusal.status >= 500) throw refusal
}
