import { type Clients, type EmulatorClient, mayUseScript } from '../state/registry/clients.js'
import { doubled } from '../http/forms.js'
import { pageRefusal } from '../http/page.js'
import type { AuthorizationRequest } from '../state/grants/pending-requests.js'
import type { Challenge } from '../state/grants/codes.js'
import { isSignInScope, splitScopes } from '../state/grants/scopes.js'
import type { World } from '../state/world.js'
import { relayOf } from './relay.js'

/** Google recommends a state of about 30 random characters. A shorter one than this can be guessed. */
const SHORTEST_STATE = 16
/** @see https://www.rfc-editor.org/rfc/rfc7636#section-4.2 */
const CHALLENGES = { S256: /^[A-Za-z0-9_-]{43}$/, plain: /^[A-Za-z0-9._~-]{43,128}$/ }

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

function readScopes(query: URLSearchParams, known: Readonly<Record<string, string>>, strict: boolean): string[] {
  const asked = splitScopes(query.get('scope') ?? '')
  // Google grants `openid` with every scope that signs in, and answers with an ID token then.
  const scopes = !strict && asked.some(isSignInScope) ? [...new Set(['openid', ...asked])] : asked
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
  const relay = relayOf(redirectUri)
  if (relay) {
    if (mayUseScript(client, relay.origin)) return { client, redirectUri }
    throw pageRefusal(
      400,
      'origin_mismatch',
      `The origin ${relay.origin} is not allowed for the client: no redirect URI has it.`
    )
  }
  if (!client.redirectUris.includes(redirectUri)) {
    const explanation = `The redirect URI ${redirectUri} is not one that the OAuth client has registered, letter for letter.`
    throw pageRefusal(400, 'redirect_uri_mismatch', explanation)
  }
  return { client, redirectUri }
}

/** What PKCE binds the code to; null where the request has no challenge. */
function readChallenge(query: URLSearchParams): Challenge | null {
  const value = query.get('code_challenge')
  if (!value) {
    if (query.has('code_challenge_method')) throw wrong('code_challenge_method needs a code_challenge')
    return null
  }
  const method = choice(query, 'code_challenge_method', ['plain', 'S256']) as Challenge['method']
  if (!CHALLENGES[method].test(value)) throw wrong(`code_challenge is not one of the method ${method}`)
  return { method, value }
}

/** Throws an error page where the request leaves out what Google does not ask for, but a safe sign-in has. */
function checkStrictly({ scopes, state, nonce, challenge }: AuthorizationRequest): void {
  if ((state ?? '').length < SHORTEST_STATE) throw wrong(`state must have at least ${SHORTEST_STATE} characters`)
  if (scopes.includes('openid') && !nonce) throw wrong('Missing required parameter: nonce')
  if (challenge?.method !== 'S256') throw wrong('code_challenge_method must be S256')
}

/**
 * The request of an authorize URL. Throws an error page for a malformed one, as Google shows it. A strict emulator wants
 * `state`, `nonce` and PKCE with S256 as well.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1
 */
export function readAuthorizationRequest(query: URLSearchParams, world: World): AuthorizationRequest {
  const { clients, knownScopes, settings } = world
  const twice = doubled(query)
  if (twice) throw wrong(`OAuth 2 parameters can only have a single value: ${twice}`)
  const target = readClient(query, clients)
  if (!query.get('response_type')) throw wrong('Missing required parameter: response_type')
  choice(query, 'response_type', ['code'])
  choice(query, 'response_mode', ['query'])
  const request: AuthorizationRequest = {
    ...target,
    scopes: readScopes(query, knownScopes, settings.strict),
    state: query.get('state'),
    nonce: query.get('nonce') || null,
    challenge: readChallenge(query),
    prompt: readPrompt(query),
    offline: choice(query, 'access_type', ['online', 'offline']) === 'offline',
    includeGranted: choice(query, 'include_granted_scopes', ['false', 'true']) === 'true',
    loginHint: query.get('login_hint') || null,
    hostedDomain: query.get('hd') || null
  }
  // The script asks for codes without any of it.
  if (settings.strict && relayOf(request.redirectUri) === null) checkStrictly(request)
  return request
}
