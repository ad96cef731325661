import type { Clients, EmulatorClient } from '../state/registry/clients.js'
import { doubled } from '../http/forms.js'
import { pageRefusal } from '../http/page.js'
import type { AuthorizationRequest } from '../state/grants/pending-requests.js'
import { splitScopes } from '../state/grants/scopes.js'

/** Google recommends a state of about 30 random characters. A shorter one than this can be guessed. */
const SHORTEST_STATE = 16
/** 32 bytes of SHA-256 in base64url without padding. */
const S256_CHALLENGE = /^[A-Za-z0-9_-]{43}$/

const wrong = (explanation: string) => pageRefusal(400, 'invalid_request', explanation)

/** The value of a parameter: one of `values`, or the first of them when it is absent. Throws an error page for any other. */
function choice(query: URLSearchParams, name: string, values: readonly [string, ...string[]]): string {
  const value = query.get(name) ?? values[0]
  if (!values.includes(value)) throw wrong(`Invalid parameter value for ${name}: ${value}`)
  return value
}

function readPrompt(query: URLSearchParams): ReadonlySet<string> {
  const prompt = new Set((query.get('prompt') ?? '').split(' ').filter(Boolean))
  for (const value of prompt) {
    if (!['none', 'consent', 'select_account'].includes(value))
      throw wrong(`Invalid parameter value for prompt: ${value}`)
  }
  if (prompt.has('none') && prompt.size > 1) throw wrong('Invalid parameter value for prompt: none stands alone')
  return prompt
}

function readScopes(query: URLSearchParams, known: Readonly<Record<string, string>>): string[] {
  const scopes = splitScopes(query.get('scope') ?? '')
  if (scopes.length === 0) throw wrong('Missing required parameter: scope')
  const unknown = scopes.filter((scope) => !Object.hasOwn(known, scope))
  if (unknown.length > 0) {
    throw pageRefusal(400, 'invalid_scope', `Some requested scopes were invalid. {invalid=[${unknown.join(', ')}]}`)
  }
  return scopes
}

/** The client and the redirect URI. Without both, the user must not be redirected, so it throws an error page. */
function readClient(query: URLSearchParams, clients: Clients): { client: EmulatorClient; redirectUri: string } {
  const clientId = query.get('client_id')
  if (!clientId) throw wrong('Missing required parameter: client_id')
  const client = clients.find(clientId)
  if (!client) throw pageRefusal(401, 'invalid_client', 'The OAuth client was not found.')
  const redirectUri = query.get('redirect_uri')
  if (!redirectUri) throw wrong('Missing required parameter: redirect_uri')
  if (!client.redirectUris.includes(redirectUri)) {
    const explanation = `The redirect URI ${redirectUri} is not one that the OAuth client has registered, letter for letter.`
    throw pageRefusal(400, 'redirect_uri_mismatch', explanation)
  }
  return { client, redirectUri }
}

/**
 * The request of an authorize URL. Throws an error page for a malformed one, as Google shows it. Stricter than Google:
 * `state`, `nonce` and PKCE with S256 are required.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1
 */
export function readAuthorizationRequest(
  query: URLSearchParams,
  clients: Clients,
  knownScopes: Readonly<Record<string, string>>
): AuthorizationRequest {
  const twice = doubled(query)
  if (twice) throw wrong(`OAuth 2 parameters can only have a single value: ${twice}`)
  const target = readClient(query, clients)
  if (!query.get('response_type')) throw wrong('Missing required parameter: response_type')
  choice(query, 'response_type', ['code'])
  choice(query, 'response_mode', ['query'])
  const scopes = readScopes(query, knownScopes)
  const state = query.get('state') ?? ''
  if (state.length < SHORTEST_STATE) throw wrong(`state must have at least ${SHORTEST_STATE} characters`)
  const nonce = query.get('nonce') || null
  if (scopes.includes('openid') && !nonce) throw wrong('Missing required parameter: nonce')
  const challenge = query.get('code_challenge') ?? ''
  if (query.get('code_challenge_method') !== 'S256') throw wrong('code_challenge_method must be S256')
  if (!S256_CHALLENGE.test(challenge)) throw wrong('code_challenge must be 43 characters of base64url')
  return {
    ...target,
    scopes,
    state,
    nonce,
    challenge,
    prompt: readPrompt(query),
    offline: choice(query, 'access_type', ['online', 'offline']) === 'offline',
    includeGranted: choice(query, 'include_granted_scopes', ['false', 'true']) === 'true',
    loginHint: query.get('login_hint') || null,
    hostedDomain: query.get('hd') || null
  }
}
