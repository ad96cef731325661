import type { GrantRef } from '../../core/storage/storage.js'

/** `id`. Throws a `TypeError` if it is not a user id: otherwise it would look like a user without a grant. */
export function checkedId(id: unknown): string {
  if (typeof id === 'string' && id !== '') return id
  throw new TypeError(
    `A user id must be a non-empty string, the sub of a user, and not ${id === '' ? 'an empty one' : String(id)}. Pass for example request.signedInUser.sub.`
  )
}

/** The grant of a user who signs in: owner and account are the same. Throws a `TypeError` if `userId` is not a user id. */
export function ownGrant(userId: string): GrantRef {
  return { owner: checkedId(userId), account: userId }
}
