import { createHash } from 'node:crypto'
import type { EmulatorClient } from '../state/registry/clients.js'
import type { CodeGrant } from '../state/grants/codes.js'
import { invalidGrant, invalidRequest } from '../http/refusal.js'
import { refreshTokenEnd, tokenResponse } from './token-response.js'
import type { World } from '../state/world.js'

/** @see https://www.rfc-editor.org/rfc/rfc7636#section-4.1 */
const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/

function checkBinding(grant: CodeGrant, form: URLSearchParams): void {
  if (form.get('redirect_uri') !== grant.redirectUri) {
    throw invalidGrant('redirect_uri differs from the one of the authorization request')
  }
  const { challenge } = grant
  const verifier = form.get('code_verifier')
  if (challenge === null) {
    if (verifier) throw invalidGrant('code_verifier or verifier is not needed.')
    return
  }
  if (!verifier) throw invalidGrant('Missing code verifier.')
  const sent = challenge.method === 'S256' ? createHash('sha256').update(verifier).digest('base64url') : verifier
  if (!VERIFIER.test(verifier) || sent !== challenge.value) throw invalidGrant('Invalid code verifier.')
}

/**
 * The answer to an authorization code. A refused code is used up too. A second use ends all tokens that the first use has
 * brought.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3
 */
export async function exchangeCode(
  world: World,
  client: EmulatorClient,
  form: URLSearchParams
): Promise<Record<string, unknown>> {
  const code = form.get('code')
  if (!code) throw invalidRequest('Missing required parameter: code')
  if (!form.has('redirect_uri')) throw invalidRequest('Missing required parameter: redirect_uri')
  const grant = world.codes.take(code, client.clientId)
  if (grant === 'used') {
    world.tokens.dropAll((token) => token.code === code)
    throw invalidGrant('Bad Request')
  }
  if (grant === 'unknown') throw invalidGrant(code.startsWith('4/') ? 'Bad Request' : 'Malformed auth code.')
  checkBinding(grant, form)
  const holder = { sub: grant.sub, clientId: client.clientId, project: client.project, scopes: grant.scopes, code }
  const refresh = grant.refreshToken ? world.tokens.issueRefresh(holder, refreshTokenEnd(world)) : null
  return tokenResponse(world, holder, { refresh, nonce: grant.nonce })
}
