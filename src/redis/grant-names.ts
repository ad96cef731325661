import type { GrantRef } from '../core/storage/storage.js'

/** The name of a grant in an index, from which it can be read again. */
export function nameOf({ owner, account }: GrantRef): string {
  return JSON.stringify([owner, account])
}

export function grantNamed(name: Buffer | string): GrantRef {
  const [owner, account] = JSON.parse(name.toString()) as [string, string]
  return { owner, account }
}
