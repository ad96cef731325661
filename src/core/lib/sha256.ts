import { createHash } from 'node:crypto'

/** The SHA-256 of a secret or personal value in base64url, for a place where only equality matters. */
export function sha256(value: string): string {
  return createHash('sha256').update(value).digest('base64url')
}
