import { createHash } from 'node:crypto'
import type { Claims } from '../../claims/claims.js'

/** Whether nobody in the fleet has used this value before, within `forMs` from now. The store sees a hash of it. */
export function firstUse(claims: Claims, kind: string, value: string, forMs: number): Promise<boolean> {
  return claims.claim(`${kind}:${createHash('sha256').update(value).digest('base64url')}`, forMs)
}
