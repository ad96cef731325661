import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'
import { randomBytes } from './random.js'

/**
 * What keys are made for. Each purpose has its own keys, so that text sealed for one purpose does not open for
 * another.
 */
export const PURPOSE = {
  credentials: 'credentials',
  loginAttempt: 'login-attempt',
  session: 'session',
  sessionSigning: 'session-signing',
  /** What comes of a sign-in, for a second request that brings the same code. */
  signInOutcome: 'sign-in-outcome',
  /** What a user did not grant, in a cookie. */
  refusals: 'refusals',
  /** The names of refresh tokens in an index. */
  tokenIndex: 'token-index',
  /** Nonces of Google's button and One Tap, in cookies. */
  oneTapNonce: 'one-tap-nonce'
} as const

export type Purpose = (typeof PURPOSE)[keyof typeof PURPOSE]

/**
 * The text that was sealed. `current` says whether the first secret of the list sealed it; if not, seal it again when
 * convenient.
 */
export interface Opened {
  plain: Buffer
  current: boolean
}

/**
 * Seals text so that only the same secret, purpose and `context` (any number of strings: client id, user, cookie name)
 * open it again. Sealing more than `LONGEST_TEXT_BYTES` throws a `TypeError`; all that was sealed can be opened. Opening
 * gives `null` for anything else, and never throws.
 */
export interface Sealer {
  /** base64url text, for cookies. */
  seal(plain: string | Buffer, ...context: string[]): string
  open(sealed: string, ...context: string[]): Opened | null
  sealBytes(plain: string | Buffer, ...context: string[]): Buffer
  openBytes(sealed: Buffer, ...context: string[]): Opened | null
}

/** Gives the sealer for a purpose. */
export type SealerFor = (purpose: Purpose) => Sealer

// The envelope: version, key id, initialisation vector, ciphertext, authentication tag.
const VERSION = 1
const KEY_ID_BYTES = 6
const IV_BYTES = 12
const TAG_BYTES = 16
const KEY_BYTES = 32
const IV_AT = 1 + KEY_ID_BYTES
const TEXT_AT = IV_AT + IV_BYTES
const SHORTEST = TEXT_AT + TAG_BYTES
/**
 * The longest text that is sealed, in bytes of UTF-8: the size of the largest answer that is read from a provider, and a
 * hundred times what Google sends. Longer values are not opened, so that a planted one costs little.
 */
export const LONGEST_TEXT_BYTES = 1_048_576
const LONGEST = SHORTEST + LONGEST_TEXT_BYTES
const LONGEST_BASE64 = Math.ceil((LONGEST * 4) / 3)

interface Key {
  id: Buffer
  value: Buffer
  current: boolean
}

/**
 * Sealers by AES-256-GCM. The first of `secrets` seals, and all of them open. To replace a secret, put the new one in
 * front, and remove the old one when text that it sealed is no longer needed.
 *
 * Each secret gives one key for each purpose. The envelope names its key, so that the right one is found at once.
 * @see https://www.rfc-editor.org/rfc/rfc5116
 */
export function createSealer(secrets: readonly string[]): SealerFor {
  return (purpose) => {
    const keys = secrets.map((secret, index) => ({
      id: deriveKey(secret, `${purpose}/key-id`, KEY_ID_BYTES),
      value: deriveKey(secret, purpose, KEY_BYTES),
      current: index === 0
    }))
    return sealerWith(keys, purpose)
  }
}

/**
 * A key of `length` bytes for one purpose, by HKDF-SHA-256: it tells nothing about the secret, or about other keys of it.
 * @see https://www.rfc-editor.org/rfc/rfc5869
 */
export function deriveKey(secret: string, purpose: Purpose | `${Purpose}/key-id`, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, 'fastify-google-auth', purpose, length))
}

function sealerWith(keys: Key[], purpose: Purpose): Sealer {
  const [current] = keys
  if (current === undefined) throw new TypeError('secret must be a list of at least one string.')
  const keyById = new Map(keys.toReversed().map((key) => [idOf(key.id, 0), key]))

  const sealBytes = (plain: string | Buffer, ...context: string[]): Buffer => {
    const bytes = Buffer.byteLength(plain)
    if (bytes > LONGEST_TEXT_BYTES)
      throw new TypeError(`At most ${LONGEST_TEXT_BYTES} bytes can be sealed, and these are ${bytes}.`)
    const iv = randomBytes(IV_BYTES)
    const cipher = createCipheriv('aes-256-gcm', current.value, iv).setAAD(authenticated(purpose, context))
    const text = typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain)
    cipher.final()
    return Buffer.concat([Buffer.of(VERSION), current.id, iv, text, cipher.getAuthTag()])
  }

  const openBytes = (sealed: Buffer, ...context: string[]): Opened | null => {
    if (sealed.length < SHORTEST || sealed.length > LONGEST || sealed[0] !== VERSION) return null
    const key = keyById.get(idOf(sealed, 1))
    if (key === undefined) return null
    const tagAt = sealed.length - TAG_BYTES
    const decipher = createDecipheriv('aes-256-gcm', key.value, sealed.subarray(IV_AT, TEXT_AT), {
      authTagLength: TAG_BYTES
    })
      .setAAD(authenticated(purpose, context))
      .setAuthTag(sealed.subarray(tagAt))
    const plain = decipher.update(sealed.subarray(TEXT_AT, tagAt))
    try {
      decipher.final() // gives no more text, and checks the tag
      return { plain, current: key.current }
    } catch {
      return null // not sealed with this key, altered, or sealed for another context
    }
  }

  return {
    seal: (plain, ...context) => sealBytes(plain, ...context).toString('base64url'),
    open: (sealed, ...context) =>
      sealed.length > LONGEST_BASE64 ? null : openBytes(Buffer.from(sealed, 'base64url'), ...context),
    sealBytes,
    openBytes
  }
}

function idOf(bytes: Buffer, at: number): number {
  return bytes.readUIntBE(at, KEY_ID_BYTES)
}

/** The purpose and the context, each after its length, so that two contexts never give the same bytes. */
function authenticated(purpose: Purpose, context: string[]): Buffer {
  let text = `${purpose.length}:${purpose}`
  for (const part of context) text += `,${part.length}:${part}`
  return Buffer.from(text)
}
