/** What all of our keys begin with. */
export const KEY_PREFIX = 'google-auth'
/** What OpenID Connect allows a `sub`. */
const LONGEST_USER_ID = 255

/** The keys of one user, all in one slot of a Redis Cluster. */
export interface UserKeys {
  lease: string
  record: string
  sessions: string
}

/**
 * The keys of a user. The id stands in them as it is, so that an operator finds it; braces, which mark what decides about
 * the slot, are written as `%7B` and `%7D`, and `%` as `%25`.
 * @see https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags
 * @see https://openid.net/specs/openid-connect-core-1_0.html#IDToken
 */
export function userKeys(prefix: string, userId: string): UserKeys {
  if (typeof userId !== 'string' || userId === '' || userId.length > LONGEST_USER_ID || /\p{Surrogate}/u.test(userId)) {
    throw new TypeError(`A user id must be a string of 1 to ${LONGEST_USER_ID} characters.`)
  }
  const base = `${prefix}:{${userId.replace(/[{}%]/g, encodeURIComponent)}}`
  return { lease: `${base}:lease`, record: `${base}:credentials`, sessions: `${base}:sessions` }
}
