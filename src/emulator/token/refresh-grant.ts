import type { EmulatorClient } from '../state/registry/clients.js'
import { invalidGrant, invalidRequest, oauthRefusal } from '../http/refusal.js'
import { REFRESH_REFUSALS } from '../state/grants/refresh-refusals.js'
import { splitScopes } from '../state/grants/scopes.js'
import { tokenResponse } from './token-response.js'
import type { World } from '../state/world.js'

/** Throws the refusal that a test has asked for. */
function refuseAsAsked(world: World, sub: string): void {
  const reason = world.refreshRefusals.of(sub)
  if (reason === null) return
  const { status, error, description, subtype } = REFRESH_REFUSALS[reason]
  throw oauthRefusal(status, error, description, {}, subtype)
}

/**
 * The answer to a refresh token. With rotation, a new one with the same end replaces it, and the old one ends at once.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-6
 */
export async function refreshAccess(
  world: World,
  client: EmulatorClient,
  form: URLSearchParams
): Promise<Record<string, unknown>> {
  const presented = form.get('refresh_token')
  if (!presented) throw invalidRequest('Missing required parameter: refresh_token')
  const held = world.tokens.refresh(presented)
  if (!held) throw invalidGrant('Token has been expired or revoked.')
  if (held.clientId !== client.clientId) throw oauthRefusal(401, 'unauthorized_client', 'Unauthorized')
  refuseAsAsked(world, held.sub)
  const asked = splitScopes(form.get('scope') ?? '')
  if (!asked.every((scope) => held.scopes.has(scope))) {
    throw oauthRefusal(400, 'invalid_scope', 'Some requested scopes were not granted with this refresh token')
  }
  const { sub, clientId, project, scopes, code } = held
  const holder = { sub, clientId, project, code }
  let rotated = null
  if (world.settings.rotateRefreshTokens) {
    world.tokens.drop(presented)
    rotated = world.tokens.issueRefresh({ ...holder, scopes }, held.expiresAt)
  }
  const narrowed = asked.length > 0 ? new Set(asked) : scopes
  const answer = await tokenResponse(world, { ...holder, scopes: narrowed }, { refresh: rotated, nonce: null })
  // With time-based access, Google sends the remaining time of the refresh token with each refresh.
  if (held.expiresAt === Infinity) return answer
  return { ...answer, refresh_token_expires_in: Math.floor((held.expiresAt - world.settings.now()) / 1000) }
}
