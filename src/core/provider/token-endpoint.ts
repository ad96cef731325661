import {
  authorizationCodeGrantRequest,
  genericTokenEndpointRequest,
  processGenericTokenEndpointResponse,
  refreshTokenGrantRequest,
  type AuthorizationServer
} from 'oauth4webapi'
import { clientAuth, type OAuthClient } from './client-authentication.js'
import { responseOf } from '../http/response.js'
import { WholeAnswer } from '../http/whole-answer.js'
import { requestOptions } from './fetch.js'
import { parseObject, refusalOf } from './refusal.js'
import { scopeList } from '../token/scopes.js'
import { Token } from '../token/token.js'
import { unlessAborted } from '../lib/abortable.js'

/** The longest life of a token, ten years. A longer one is cut. */
const MAX_LIFE_S = 315_360_000

/**
 * The token for a code. Only oauth4webapi's `validateAuthResponse` can make `params`. Throws an `EndpointRefusal`, and
 * the errors of the network and of oauth4webapi.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3
 */
export async function exchangeCode(
  client: OAuthClient,
  params: URLSearchParams,
  redirectUri: string,
  codeVerifier: string
): Promise<Token> {
  const { server } = await client.provider()
  const response = await authorizationCodeGrantRequest(
    server,
    { client_id: client.clientId },
    clientAuth(client, server),
    params,
    redirectUri,
    codeVerifier,
    requestOptions(client.fetch, server.token_endpoint)
  )
  const token = await readToken(client, server, response, [...params.values(), codeVerifier])
  return token.with({ grantedAt: client.now() })
}

/**
 * The token for a code without PKCE, which somebody else has asked for. Throws as `exchangeCode` does.
 * @see https://developers.google.com/identity/protocols/oauth2/web-server#exchange-authorization-code
 */
export async function exchangeCodeWithoutPkce(client: OAuthClient, code: string, redirectUri: string): Promise<Token> {
  const { server } = await client.provider()
  const response = await genericTokenEndpointRequest(
    server,
    { client_id: client.clientId },
    clientAuth(client, server),
    'authorization_code',
    { code, redirect_uri: redirectUri },
    requestOptions(client.fetch, server.token_endpoint)
  )
  const token = await readToken(client, server, response, [code])
  return token.with({ grantedAt: client.now() })
}

/**
 * The token in the answer to one refresh; it has no refresh token if the provider sent none.
 * @see https://developers.google.com/identity/protocols/oauth2/web-server#offline
 */
export async function refreshToken(client: OAuthClient, value: string, signal?: AbortSignal): Promise<Token> {
  const { server } = await unlessAborted(client.provider(), signal)
  const response = await refreshTokenGrantRequest(
    server,
    { client_id: client.clientId },
    clientAuth(client, server),
    value,
    {
      ...requestOptions(client.fetch, server.token_endpoint),
      ...(signal === undefined ? {} : { signal })
    }
  )
  const token = await readToken(client, server, response, [value])
  return token.with({ refreshedAt: client.now() })
}

/**
 * The token in a successful answer. oauth4webapi does not see the ID token, which jose verifies. `sent`: secrets of the
 * request, which must not get into an error.
 */
export async function readToken(
  client: Pick<OAuthClient, 'clientId' | 'clientSecret' | 'now'>,
  server: AuthorizationServer,
  response: Response,
  sent: readonly string[] = []
): Promise<Token> {
  if (response.status !== 200) throw await refusalOf(response, client, sent)
  const text = await response.text()
  const fields = parseObject(text)
  const { id_token: idToken, ...rest } = fields === undefined ? {} : withoutBlanks(fields)
  const body = Buffer.from(fields === undefined ? text : JSON.stringify(rest))
  const answer = await processGenericTokenEndpointResponse(
    server,
    { client_id: client.clientId },
    responseOf({ answer: new WholeAnswer(response, response.headers, body) })
  )
  if (answer.access_token === '') throw invalidAnswer('access_token')
  // oauth4webapi also accepts DPoP, whose tokens need a proof that we do not make.
  if (answer.token_type !== 'bearer') throw invalidAnswer('token_type')
  if (idToken !== undefined && typeof idToken !== 'string') throw invalidAnswer('id_token')
  const endsAt = (seconds: number): number => client.now() + Math.min(seconds, MAX_LIFE_S) * 1000
  const refreshLifeS = Number(answer['refresh_token_expires_in'])
  return Token.from({
    accessToken: answer.access_token,
    ...(answer.refresh_token ? { refreshToken: answer.refresh_token } : {}),
    ...(answer.expires_in === undefined ? {} : { expiresAt: endsAt(answer.expires_in) }),
    ...(refreshLifeS > 0 ? { refreshTokenExpiresAt: endsAt(refreshLifeS) } : {}),
    ...(idToken === undefined ? {} : { idToken }),
    scopes: scopeList(answer.scope)
  })
}

/** The fields without those that mean "none": `null`, and an empty refresh or ID token. */
function withoutBlanks(fields: Record<string, unknown>): Record<string, unknown> {
  const blank = (name: string, value: unknown): boolean =>
    value === null || (value === '' && (name === 'refresh_token' || name === 'id_token'))
  return Object.fromEntries(Object.entries(fields).filter(([name, value]) => !blank(name, value)))
}

function invalidAnswer(field: string): Error {
  return Object.assign(new Error(`"response" body "${field}" property is not usable`), {
    code: 'OAUTH_INVALID_RESPONSE'
  })
}
