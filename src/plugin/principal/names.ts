import { isId, LONGEST_ID } from '../../core/storage/grant-names.js'

/** `id`. Throws a `TypeError` if it cannot name an owner or account: it would look like one without a grant. */
export function checkedId(id: unknown, what = 'A user id'): string {
  if (isId(id)) return id
  const given = id instanceof Promise ? 'a Promise' : id === '' ? 'an empty one' : `a value of type ${typeof id}`
  const fix =
    id instanceof Promise
      ? 'Find the user in an onRequest hook that runs before, and return the id.'
      : typeof id === 'number'
        ? 'Pass String(id).'
        : 'Pass the id of a user.'
  throw new TypeError(
    `${what} must be a non-empty string of at most ${LONGEST_ID} characters, well-formed, and not ${given}. ${fix}`
  )
}
