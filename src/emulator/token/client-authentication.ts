import type { EmulatorClient } from '../state/registry/clients.js'
import type { World } from '../state/world.js'
import { invalidRequest, oauthRefusal } from '../http/refusal.js'

const CHALLENGE = { 'www-authenticate': 'Basic realm="emulator"' }

/** A part of the Basic pair, which RFC 6749 encodes as in a form before base64. Null when it is malformed. */
function formDecode(part: string): string | null {
  try {
    return decodeURIComponent(part.replaceAll('+', ' '))
  } catch {
    return null
  }
}

function basicPair(authorization: string): { id: string | null; secret: string | null } {
  const encoded = /^Basic +([A-Za-z0-9+/]+=*)$/i.exec(authorization)?.[1]
  const pair = encoded ? Buffer.from(encoded, 'base64').toString() : ''
  const colon = pair.indexOf(':')
  if (colon < 0)
    throw oauthRefusal(401, 'invalid_client', 'The Authorization header holds no client credentials', CHALLENGE)
  return { id: formDecode(pair.slice(0, colon)), secret: formDecode(pair.slice(colon + 1)) }
}

/**
 * The client of a token request, by its secret in the form or in a Basic header. Where both are sent the header counts, and a
 * strict emulator refuses.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
 */
export function authenticateClient(
  authorization: string | undefined,
  form: URLSearchParams,
  { clients, settings }: World
): EmulatorClient {
  if (settings.strict && authorization !== undefined && form.has('client_secret')) {
    throw invalidRequest('Send the client credentials once: in the form or in the Authorization header')
  }
  const { id, secret } =
    authorization === undefined
      ? { id: form.get('client_id'), secret: form.get('client_secret') }
      : basicPair(authorization)
  if (authorization !== undefined && form.has('client_id') && form.get('client_id') !== id) {
    throw invalidRequest('client_id differs from the one in the Authorization header')
  }
  if (!id) throw invalidRequest('Could not determine client ID from request.')
  const client = clients.find(id)
  if (!client) throw oauthRefusal(401, 'invalid_client', 'The OAuth client was not found.', CHALLENGE)
  if (!secret) throw oauthRefusal(401, 'invalid_client', 'client_secret is missing.', CHALLENGE)
  if (secret !== client.clientSecret) {
    throw oauthRefusal(401, 'invalid_client', 'The provided client secret is invalid.', CHALLENGE)
  }
  return client
}
