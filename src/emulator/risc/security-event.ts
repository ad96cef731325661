import { createHash } from 'node:crypto'
import { newId } from '../state/secrets.js'
import { SigningKeys } from '../state/registry/signing-keys.js'
import type { World } from '../state/world.js'
import { type SecurityEventType, uriOf } from './event-types.js'

type Json = Record<string, unknown>

/** What a security event says, and what is wrong about it in a test. */
export interface SecurityEventDraft {
  /** The account that it is about. */
  sub?: string
  /** Why an account was disabled, such as `hijacking`. */
  reason?: string
  /** What is sent back for verification. */
  state?: string
  /** For `token-revoked`: the refresh token. Default: the user's newest one. */
  refreshToken?: string
  /** For `token-revoked`: how the token is named. Default `hash_base64_sha512_sha512`. */
  tokenIdentifierAlg?: 'prefix' | 'hash_base64_sha512_sha512'
  /** The name of the token that holds the event: the same one again is the same event. Default: a new one. */
  jti?: string
  /** Further events in the same token, with their payloads. */
  events?: Record<string, Json>
  /** Claims that replace those of the token, such as `iss` or `aud`; `undefined` removes one. */
  claims?: Json
  /** Parts of the header that replace others, such as `typ`; `undefined` removes one. */
  header?: Json
  /** Signs with a key that is not published, under the name of one that is. */
  foreignKey?: boolean
}

const PREFIX_LENGTH = 16

const sha512 = (value: string | Buffer): Buffer => createHash('sha512').update(value).digest()

/** Google writes its issuer with a slash at the end here, and without one in ID tokens. */
export const riscIssuer = (world: World): string => `${world.issuer}/`

function subjectOf(world: World, type: string, draft: SecurityEventDraft): Json | undefined {
  const { sub, tokenIdentifierAlg: alg = 'hash_base64_sha512_sha512' } = draft
  if (type !== ('token-revoked' satisfies SecurityEventType)) {
    return sub === undefined ? undefined : { subject_type: 'iss-sub', iss: riscIssuer(world), sub }
  }
  const token = draft.refreshToken ?? world.tokens.newestRefresh(sub ?? '')?.token
  if (token === undefined) {
    throw new TypeError('token-revoked needs a refreshToken, or the sub of a user who has one')
  }
  const named = alg === 'prefix' ? token.slice(0, PREFIX_LENGTH) : sha512(sha512(token)).toString('base64')
  return { subject_type: 'oauth_token', token_type: 'refresh_token', token_identifier_alg: alg, token: named }
}

/** The signed token with the event, for the clients `audience`, and its name. */
export async function securityEventToken(
  world: World,
  type: string,
  audience: readonly string[],
  draft: SecurityEventDraft
): Promise<{ jwt: string; jti: string }> {
  const { reason, state, jti = newId(), events = {}, claims, header, foreignKey = false } = draft
  const subject = subjectOf(world, type, draft)
  const payload = {
    ...(subject === undefined ? {} : { subject }),
    ...(reason === undefined ? {} : { reason }),
    ...(state === undefined ? {} : { state })
  }
  const others = Object.entries(events).map(([other, said]): [string, Json] => [uriOf(other), said])
  const body = {
    iss: riscIssuer(world),
    aud: audience.length === 1 ? audience[0] : audience,
    iat: Math.floor(world.settings.now() / 1000),
    jti,
    events: { [uriOf(type)]: payload, ...Object.fromEntries(others) },
    ...claims
  }
  const keys = foreignKey ? new SigningKeys() : world.keys
  return { jwt: await keys.sign({ ...(await world.keys.header()), ...header }, body), jti }
}
