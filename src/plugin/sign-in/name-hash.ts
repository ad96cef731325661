import { createHash } from 'node:crypto'

/** A name as it may stand where the name itself need not be read: in an attempt, in the key of a claim. */
export function nameHash(...names: string[]): string {
  return createHash('sha256').update(JSON.stringify(names)).digest('base64url')
}
