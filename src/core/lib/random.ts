import { randomFillSync } from 'node:crypto'

/** A system call costs twenty times as much as the bytes themselves, so many are fetched at once. */
const POOL_BYTES = 4_096

const pool = Buffer.allocUnsafeSlow(POOL_BYTES)
let at = POOL_BYTES

/** `length` random bytes for secrets. Each is given once. Throws a `RangeError` above 4,096. */
export function randomBytes(length: number): Buffer {
  if (length > POOL_BYTES) throw new RangeError(`At most ${POOL_BYTES} random bytes are given at once.`)
  if (at + length > POOL_BYTES) {
    randomFillSync(pool)
    at = 0
  }
  const bytes = Buffer.from(pool.subarray(at, at + length))
  pool.fill(0, at, at + length)
  at += length
  return bytes
}
