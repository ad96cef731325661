import type { AuthorizationRequest } from '../state/grants/pending-requests.js'
import { joinScopes } from '../state/grants/scopes.js'
import type { EmulatorUser } from '../state/registry/users.js'
import type { World } from '../state/world.js'
import { relayOf } from './relay.js'

function backTo(world: World, request: AuthorizationRequest, parameters: Record<string, string>): string {
  // Google has sent `iss` (RFC 9207) since 2026, although its discovery document does not mention it.
  const answer = new URLSearchParams({
    ...(request.state === null ? {} : { state: request.state }),
    iss: world.issuer,
    ...parameters
  })
  world.tamperings.callback(answer)
  const url = new URL(request.redirectUri)
  for (const [name, value] of answer) url.searchParams.append(name, value)
  return url.href
}

/** The URL that brings an error back to the app. */
export function errorResponse(world: World, request: AuthorizationRequest, error: string): string {
  return backTo(world, request, { error })
}

/**
 * The URL that brings a code for the `allowed` scopes back to the app; `access_denied` when there are none. `consented`: the
 * user was asked just now. Only then does an offline app get a refresh token.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
 */
export function codeResponse(
  world: World,
  request: AuthorizationRequest,
  user: EmulatorUser,
  allowed: readonly string[],
  consented: boolean
): string {
  if (allowed.length === 0) return errorResponse(world, request, 'access_denied')
  const { clientId, project } = request.client
  world.grants.add(user.sub, project, allowed)
  const scopes = new Set(request.includeGranted ? world.grants.scopes(user.sub, project) : allowed)
  const code = world.codes.issue({
    sub: user.sub,
    clientId,
    project,
    redirectUri: relayOf(request.redirectUri) ? 'postmessage' : request.redirectUri,
    scopes,
    challenge: request.challenge,
    nonce: request.nonce,
    refreshToken: request.offline && consented
  })
  return backTo(world, request, {
    code,
    scope: joinScopes(scopes),
    authuser: '0',
    ...(user.hostedDomain ? { hd: user.hostedDomain } : {}),
    prompt: consented ? 'consent' : 'none'
  })
}
