import { createHash } from 'node:crypto'

/** The SHA-256 of a secret or personal value, for a place where only equality matters: an attempt, the key of a claim. */
export function nameHash(value: string): string {
  return createHash('sha256').update(value).digest('base64url')
}
