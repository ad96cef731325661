import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { isSameText } from '../../core/lib/same-text.js'

/** The session id in a cookie, and whether an old key signed it. */
export interface SignedId {
  id: string
  retired: boolean
}

/** Signs session ids with the first of `keys`, and accepts the signatures of all. */
export class SessionSigner {
  readonly #keys: readonly [KeyObject, ...KeyObject[]]

  constructor(keys: readonly Buffer[]) {
    const [current, ...retired] = keys.map((key) => createSecretKey(key))
    if (current === undefined) throw new TypeError('There must be at least one key.')
    this.#keys = [current, ...retired]
  }

  /** The value of the cookie for this session id. */
  sign(id: string): string {
    return signedBy(this.#keys[0], id)
  }

  /** The id in the value of a cookie; `null` unless one of the keys signed it. */
  unsign(cookie: string): SignedId | null {
    const id = cookie.slice(0, Math.max(0, cookie.lastIndexOf('.')))
    const at = this.#keys.findIndex((key) => isSameText(cookie, signedBy(key, id)))
    return at < 0 ? null : { id, retired: at > 0 }
  }
}

function signedBy(key: KeyObject, id: string): string {
  return `${id}.${createHmac('sha256', key).update(id).digest('base64url')}`
}
