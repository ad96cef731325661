import { createHmac } from 'node:crypto'
import { deriveKey, PURPOSE } from '../lib/sealing.js'
import { identifiersOf, type TokenIdentifier } from './token-identifier.js'

const KEY_BYTES = 32

/** Names of refresh tokens for an index. Without the secret they tell nothing of the token, not even its beginning. */
export interface TokenNames {
  /** The names under which a refresh token is entered: one for each way in which an event can name it. */
  of(refreshToken: string): string[]
  /** The names under which the token of an event may have been entered: one for each secret of the list. */
  meantBy(identifier: TokenIdentifier): string[]
}

/** Names by HMAC-SHA-256. The first of `secrets` makes names, and those of all are looked for. */
export function tokenNames(secrets: readonly [string, ...string[]]): TokenNames {
  const keys = secrets.map((secret) => deriveKey(secret, PURPOSE.tokenIndex, KEY_BYTES))
  const [current = Buffer.alloc(0)] = keys
  return {
    of: (refreshToken) => identifiersOf(refreshToken).map((identifier) => nameBy(current, identifier)),
    meantBy: (identifier) => keys.map((key) => nameBy(key, identifier))
  }
}

function nameBy(key: Buffer, { alg, value }: TokenIdentifier): string {
  return createHmac('sha256', key).update(`${alg}:${value}`).digest('base64url')
}
