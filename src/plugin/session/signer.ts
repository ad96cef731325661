import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import type { FastifySessionOptions } from '@fastify/session'

export type SessionSigner = Exclude<FastifySessionOptions['secret'], string | string[]>

/** Far more sessions than one process reads at a time; beyond it some are signed twice after all. */
const MOST_CHECKED = 1_000

/**
 * Signs session ids with the first of `keys`, and checks them with all. @fastify/session signs the id of every session
 * that it reads, to compare; the signature that was computed for the check serves for that.
 */
export function sessionSigner(keys: readonly Buffer[]): SessionSigner {
  const [current, ...retired] = keys.map((key) => createSecretKey(key))
  if (current === undefined) throw new TypeError('There must be at least one key.')
  const checked = new Map<string, string>()
  return {
    sign(id) {
      const signed = checked.get(id) ?? signedBy(current, id)
      checked.delete(id)
      return signed
    },
    unsign(cookie) {
      const id = cookie.slice(0, Math.max(0, cookie.lastIndexOf('.')))
      const signed = signedBy(current, id)
      if (isSame(cookie, signed)) {
        if (checked.size >= MOST_CHECKED) checked.clear()
        checked.set(id, signed)
        return { valid: true, renew: false, value: id }
      }
      const valid = retired.some((key) => isSame(cookie, signedBy(key, id)))
      return { valid, renew: valid, value: valid ? id : null }
    }
  }
}

function signedBy(key: KeyObject, id: string): string {
  return `${id}.${createHmac('sha256', key).update(id).digest('base64url')}`
}

function isSame(given: string, right: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(right)]
  return one.length === other.length && timingSafeEqual(one, other)
}
