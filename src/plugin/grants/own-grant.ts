import type { GrantRef } from '../../core/storage/storage.js'

/** `id` as it was given. Throws a `TypeError` for what names nobody: it would be taken for somebody without a grant. */
export function checkedId(id: unknown): string {
  if (typeof id === 'string' && id !== '') return id
  throw new TypeError(
    `A user id must be a non-empty string, the sub of a user, and not ${id === '' ? 'an empty one' : String(id)}. Pass for example request.signedInUser.sub.`
  )
}

/** The grant of somebody who signs in: owner and account are one. Throws a `TypeError` for what is no user id. */
export function ownGrant(userId: string): GrantRef {
  return { owner: checkedId(userId), account: userId }
}
