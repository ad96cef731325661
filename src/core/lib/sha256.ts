import { hash } from 'node:crypto'

/** The SHA-256 of a secret or personal value in base64url, for a place where only equality matters. */
export function sha256(value: string): string {
  return hash('sha256', value, 'base64url')
}
