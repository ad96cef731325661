import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose'
import { ROUTES } from '../http/paths.js'
import { invalidGrant, invalidRequest, oauthRefusal } from '../http/refusal.js'
import { splitScopes } from '../state/grants/scopes.js'
import type { KnownServiceAccount } from '../state/registry/service-accounts.js'
import type { World } from '../state/world.js'

const LONGEST_LIFE_S = 3600

function accountOf(world: World, assertion: string): KnownServiceAccount {
  let claims: JWTPayload
  let keyId: unknown
  try {
    claims = decodeJwt(assertion)
    keyId = decodeProtectedHeader(assertion).kid
  } catch {
    throw invalidGrant('Invalid JWT: Failed to parse the assertion.')
  }
  const account = world.serviceAccounts.find(claims.iss ?? '')
  if (!account) throw invalidGrant('Invalid grant: account not found')
  if (keyId !== undefined && keyId !== account.keyId) throw invalidGrant('Invalid JWT Signature.')
  return account
}

async function verifiedClaims(world: World, account: KnownServiceAccount, assertion: string): Promise<JWTPayload> {
  const now = world.settings.now()
  const untimely = invalidGrant(
    'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. ' +
      'Check your iat and exp values in the JWT claim.'
  )
  let claims: JWTPayload
  try {
    const options = {
      algorithms: ['RS256'],
      issuer: account.clientEmail,
      audience: ROUTES.token.map((path) => world.issuer + path),
      requiredClaims: ['iat', 'exp'],
      currentDate: new Date(now)
    }
    claims = (await jwtVerify(assertion, account.publicKey, options)).payload
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw untimely
    if (!(error instanceof errors.JWTClaimValidationFailed)) throw invalidGrant('Invalid JWT Signature.')
    throw error.claim === 'aud' ? invalidGrant('Invalid JWT: Failed audience check.') : untimely
  }
  const { iat = 0, exp = 0 } = claims
  if (exp - iat > LONGEST_LIFE_S || iat * 1000 > now + 60_000) throw untimely
  return claims
}

/** The holder of the token: the account itself, or the user for whom its domain lets it act. */
function actsFor(world: World, account: KnownServiceAccount, subject: string | undefined, scopes: string[]): string {
  if (subject === undefined || subject === account.clientEmail) return account.clientEmail
  const user = world.users.find(subject)
  if (!user) throw invalidGrant('Invalid email or User ID')
  const { subjects = [], scopes: delegated = [] } = account.delegation ?? {}
  const canonical = splitScopes(delegated.join(' '))
  if (!subjects.includes(user.email) || !scopes.every((scope) => canonical.includes(scope))) {
    const description =
      'Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.'
    throw oauthRefusal(401, 'unauthorized_client', description)
  }
  return user.sub
}

/**
 * The answer to the assertion of a service account: only an access token.
 * @see https://developers.google.com/identity/protocols/oauth2/service-account#httprest
 */
export async function acceptAssertion(world: World, form: URLSearchParams): Promise<Record<string, unknown>> {
  const assertion = form.get('assertion')
  if (!assertion) throw invalidRequest('Missing required parameter: assertion')
  const account = accountOf(world, assertion)
  const claims = await verifiedClaims(world, account, assertion)
  const scopes = typeof claims.scope === 'string' ? splitScopes(claims.scope) : []
  if (scopes.length === 0 || !scopes.every((scope) => Object.hasOwn(world.knownScopes, scope))) {
    throw oauthRefusal(400, 'invalid_scope', 'Invalid OAuth scope or ID token audience provided.')
  }
  const sub = actsFor(world, account, claims.sub, scopes)
  const { accessTokenLifetimeS } = world.settings
  const holder = { sub, clientId: account.clientEmail, project: null, scopes: new Set(scopes), code: null }
  const access = world.tokens.issueAccess(holder, accessTokenLifetimeS * 1000)
  return { access_token: access.token, expires_in: accessTokenLifetimeS, token_type: 'Bearer' }
}
