import { createHash } from 'node:crypto'
import type { GrantRef } from '../core/storage/storage.js'

/** What all of our keys begin with. */
const PREFIX = 'google-auth'
/** 48 bits: enough to tell the clients of one Redis apart, and short, since it stands in every key. */
const CLIENT_HASH_LENGTH = 8
/** What OpenID Connect allows a `sub`. */
const LONGEST_ID = 255

/**
 * The names of everything that one OAuth client keeps in Redis. All keys of one owner lie in one slot of a Redis Cluster.
 * @see https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags
 */
export interface RedisKeys {
  session(id: string): string
  claim(name: string): string
  grant(ref: GrantRef): { lease: string; record: string }
  /** `index`: the sign-ins of a user. `moved`: where those are whose session got another id. */
  signIns(userId: string): { index: string; moved: string }
}

/**
 * The keys of the client that `client` names (issuer and client id): a short hash of them keeps several clients on one
 * Redis apart. Owner and account stand in the keys as they are, so that an operator finds them.
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
 * `id` as it stands in a key: braces mark what decides about the slot, so they are written as `%7B` and `%7D`, and `%` as
 * `%25`; `:` as `%3A`, so that no two ids make one key. Throws a `TypeError` for what is no id.
 */
function escaped(id: string): string {
  if (typeof id !== 'string' || id === '' || id.length > LONGEST_ID || /\p{Surrogate}/u.test(id)) {
    throw new TypeError(`An owner or account must be a well-formed string of 1 to ${LONGEST_ID} characters.`)
  }
  return id.replace(/[{}%:]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}
