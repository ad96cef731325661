import { sha256 } from '../core/lib/sha256.js'
import type { Claims } from './claims.js'

/** The name of a claim to a value of this kind. The store sees a hash of the value. */
export function claimName(kind: string, value: string): string {
  return `${kind}:${sha256(value)}`
}

/** Whether nobody in the fleet has used this value before, within `forMs` from now. */
export function firstUse(claims: Claims, kind: string, value: string, forMs: number): Promise<boolean> {
  return claims.claim(claimName(kind, value), forMs)
}
