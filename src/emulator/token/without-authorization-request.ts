import { randomUUID } from 'node:crypto'
import type { EmulatorClient } from '../state/registry/clients.js'
import type { EmulatorUser } from '../state/registry/users.js'
import type { World } from '../state/world.js'
import { ID_TOKEN_LIFETIME_S, userClaims } from './id-token.js'

/** What a credential of Google's button or One Tap says, and a bearer token of a phone or a service. */
export interface CredentialRequest {
  /** The `aud`. Default: the client. */
  audience?: string | undefined
  /** The `azp`: who asked for it. Default: the client. */
  authorizedParty?: string | undefined
  /** The nonce of the page. */
  nonce?: string | undefined
  /** When it was issued, in milliseconds since the epoch. Default: now. */
  issuedAt?: number | undefined
}

const IDENTITY: ReadonlySet<string> = new Set([
  'https://www.googleapis.com/auth/userinfo.email',
  'https://www.googleapis.com/auth/userinfo.profile'
])

/** A signed ID token that came by no code: it has no `at_hash`. */
export async function credentialFor(
  world: World,
  client: EmulatorClient,
  user: EmulatorUser,
  asked: CredentialRequest
): Promise<string> {
  const { audience = client.clientId, authorizedParty = client.clientId, nonce, issuedAt } = asked
  const iat = Math.floor((issuedAt ?? world.settings.now()) / 1000)
  const rightful = {
    iss: world.issuer,
    azp: authorizedParty,
    aud: audience,
    ...userClaims(user, IDENTITY),
    ...(nonce === undefined ? {} : { nonce }),
    iat,
    // As Google does: no two credentials are the same.
    jti: randomUUID(),
    exp: iat + ID_TOKEN_LIFETIME_S
  }
  const { claims, header, jwt } = world.tamperings.idToken(rightful, await world.keys.header())
  return jwt ?? world.keys.sign(header, claims)
}

/** A code that Google's script in a popup, or an app on a phone, has asked for, with the user's consent. */
export function codeWithoutPkce(
  world: World,
  client: EmulatorClient,
  user: EmulatorUser,
  scopes: readonly string[],
  redirectUri: 'postmessage' | ''
): string {
  const { clientId, project } = client
  world.grants.add(user.sub, project, scopes)
  return world.codes.issue({
    sub: user.sub,
    clientId,
    project,
    redirectUri,
    scopes: new Set(scopes),
    challenge: null,
    nonce: null,
    refreshToken: true
  })
}
