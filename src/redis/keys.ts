import { sha256 } from '../core/lib/sha256.js'
import { placeOf } from '../sessions/session-id.js'
import { isId, LONGEST_ID } from '../core/storage/grant-names.js'
import type { GrantRef } from '../core/storage/storage.js'

/** The first part of every key. */
const PREFIX = 'google-auth'
/** 36 bits: enough to tell the OAuth clients of one Redis apart, and short, because it is in every key. */
const CLIENT_HASH_LENGTH = 6
/** What ends a part of a key, and what marks an escaped character. */
const RESERVED = /[{}%:]/

/**
 * The names of all keys that one OAuth client has in Redis. The keys of one owner are in one slot of a Redis Cluster, and so
 * are those of one account.
 * @see https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags
 */
export interface RedisKeys {
  session: (id: string) => string
  claim: (name: string) => string
  grant(ref: GrantRef): { lease: string; record: string }
  /** `index`: the accounts of an owner. `records`: how the names of the owner's records begin; `escaped` accounts follow. */
  accounts(owner: string): { index: string; default: string; records: string }
  /** `holders`: the owners that may have a grant of an account. `revoking`: the ends of its grants that are under way. */
  account(account: string): { holders: string; revoking: string }
  /** The note of a grant that ends. */
  ending(ref: GrantRef): string
  /** All grants with a note. */
  endings: string
  /** The grants that may have a refresh token, by a name of the token. */
  token(name: string): string
  /** A pattern that fits the records of all grants, and maybe other keys. */
  allRecords: string
  /** The grant whose record has this name; `null` for any other name. */
  grantOf(record: string): GrantRef | null
  /** `index`: the sign-ins of a user. `moved`: the session of each sign-in that is no longer in its first one. */
  signIns(userId: string): { index: string; moved: string }
}

/**
 * The keys of one OAuth client. `client` is its issuer and client id: a hash of them is in every key, so that several
 * clients can use one Redis. Owner and account are in the keys as they are, so that an operator can find them.
 */
export function redisKeys(client: readonly string[]): RedisKeys {
  const hash = sha256(JSON.stringify(client)).slice(0, CLIENT_HASH_LENGTH)
  const base = `${PREFIX}:${hash}`
  const slotOf = (id: string): string => `${base}:{${escaped(id)}}`
  return {
    session: (id) => `${base}:session:${placeOf(id)}`,
    claim: (name) => `${base}:claim:${name}`,
    grant({ owner, account }) {
      const [slot, name] = [slotOf(owner), escaped(account)]
      return { lease: `${slot}:lease:${name}`, record: `${slot}:grant:${name}` }
    },
    accounts(owner) {
      const slot = slotOf(owner)
      return { index: `${slot}:accounts`, default: `${slot}:default`, records: `${slot}:grant:` }
    },
    account(account) {
      const slot = slotOf(account)
      return { holders: `${slot}:holders`, revoking: `${slot}:revoking` }
    },
    ending: ({ owner, account }) => `${slotOf(owner)}:ending:${escaped(account)}`,
    endings: `${base}:endings`,
    token: (name) => `${base}:token:${name}`,
    allRecords: `${base}:{*}:grant:*`,
    grantOf(record) {
      const rest = record.startsWith(base) ? record.slice(base.length) : ''
      const [, owner, account] = /^:\{([^{}:]+)\}:grant:([^{}:]+)$/.exec(rest) ?? []
      return owner === undefined || account === undefined
        ? null
        : { owner: unescaped(owner), account: unescaped(account) }
    },
    signIns(userId) {
      const index = `${slotOf(userId)}:sign-ins`
      return { index, moved: `${index}:moved` }
    }
  }
}

/**
 * `id` as a part of a key. Braces, which mark the part that decides the slot, and `:` and `%` are percent-encoded, so that no
 * two ids give the same key. Throws a `TypeError` for an id that is empty, too long or not well-formed.
 */
export function escaped(id: string): string {
  if (!isId(id)) {
    throw new TypeError(`An owner or account must be a well-formed string of 1 to ${LONGEST_ID} characters.`)
  }
  if (!RESERVED.test(id)) return id
  return id.replace(/[{}%:]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** The id that `escaped` gave this part of a key. */
export function unescaped(part: string): string {
  return part.replace(/%([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
}
