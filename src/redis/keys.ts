import { createHash } from 'node:crypto'
import type { GrantRef } from '../core/storage/storage.js'

/** The first part of every key. */
const PREFIX = 'google-auth'
/** 48 bits: enough to tell the OAuth clients of one Redis apart, and short, because it is in every key. */
const CLIENT_HASH_LENGTH = 8
/** The longest `sub` that OpenID Connect allows. */
const LONGEST_ID = 255

/**
 * The names of all keys that one OAuth client has in Redis. The keys of one owner are in one slot of a Redis Cluster.
 * @see https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags
 */
export interface RedisKeys {
  session(id: string): string
  claim(name: string): string
  grant(ref: GrantRef): { lease: string; record: string }
  /** `index`: the sign-ins of a user. `moved`: the session of each sign-in that is no longer in its first one. */
  signIns(userId: string): { index: string; moved: string }
}

/**
 * The keys of one OAuth client. `client` is its issuer and client id: a hash of them is in every key, so that several
 * clients can use one Redis. Owner and account are in the keys as they are, so that an operator can find them.
 */
export function redisKeys(client: readonly string[]): RedisKeys {
  const hash = createHash('sha256').update(JSON.stringify(client)).digest('base64url').slice(0, CLIENT_HASH_LENGTH)
  const base = `${PREFIX}:${hash}`
  return {
    session: (id) => `${base}:session:${id}`,
    claim: (name) => `${base}:claim:${name}`,
    grant({ owner, account }) {
      const grant = `${base}:{${escaped(owner)}}:grant:${escaped(account)}`
      return { lease: `${grant}:lease`, record: grant }
    },
    signIns(userId) {
      const index = `${base}:{${escaped(userId)}}:sign-ins`
      return { index, moved: `${index}:moved` }
    }
  }
}

/**
 * `id` as a part of a key. Braces, which mark the part that decides the slot, and `:` and `%` are percent-encoded, so that no
 * two ids give the same key. Throws a `TypeError` for an id that is empty, too long or not well-formed.
 */
function escaped(id: string): string {
  if (typeof id !== 'string' || id === '' || id.length > LONGEST_ID || /\p{Surrogate}/u.test(id)) {
    throw new TypeError(`An owner or account must be a well-formed string of 1 to ${LONGEST_ID} characters.`)
  }
  return id.replace(/[{}%:]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}
