import type { GrantRef } from './storage.js'

/** The longest `sub` that OpenID Connect allows. An owner may be as long. */
export const LONGEST_ID = 255

/** Whether `id` can name an owner or account. */
export function isId(id: unknown): id is string {
  return typeof id === 'string' && id !== '' && id.length <= LONGEST_ID && !/\p{Surrogate}/u.test(id)
}

/** One name for a grant, from which it can be read again. */
export function grantName({ owner, account }: GrantRef): string {
  return JSON.stringify([owner, account])
}

/** The grant that has this name. */
export function grantNamed(name: Buffer | string): GrantRef {
  const [owner, account] = JSON.parse(name.toString()) as [string, string]
  return { owner, account }
}
