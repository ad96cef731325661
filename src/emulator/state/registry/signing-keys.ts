import { createHmac, generateKeyPair, type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { newId } from '../secrets.js'
import { selfSignedCertificate } from './certificate.js'

interface SigningKey {
  kid: string
  privateKey: KeyObject
  publicKey: KeyObject
}

type Json = Record<string, unknown>

const MODULUS_BITS = 2048

async function newKey(): Promise<SigningKey> {
  return { kid: newId(), ...(await promisify(generateKeyPair)('rsa', { modulusLength: MODULUS_BITS })) }
}

const encode = (part: Json): string => Buffer.from(JSON.stringify(part)).toString('base64url')

/** The key that signs ID tokens, and a second published key, as at Google. */
export class SigningKeys {
  // Promises, so that neither the start nor a rotation waits for a new key.
  #signing = newKey()
  readonly #spare = newKey()

  /** Signs with a new key from now on. The old key is no longer published. */
  rotate(): void {
    this.#signing = newKey()
  }

  /** The published JWK Set. */
  async jwks(): Promise<{ keys: Json[] }> {
    const keys = await Promise.all([this.#spare, this.#signing])
    return {
      keys: keys.map(({ kid, publicKey }) => ({
        kid,
        alg: 'RS256',
        use: 'sig',
        ...publicKey.export({ format: 'jwk' })
      }))
    }
  }

  /** The published keys as certificates in PEM form, by key id. */
  async certificates(): Promise<Record<string, string>> {
    const keys = await Promise.all([this.#spare, this.#signing])
    return Object.fromEntries(keys.map((key) => [key.kid, selfSignedCertificate(key)]))
  }

  /** The header of the next token. */
  async header(): Promise<Json> {
    return { alg: 'RS256', kid: (await this.#signing).kid, typ: 'JWT' }
  }

  /**
   * The compact JWT, signed with RS256. When a test has changed `alg`, it is one of the two classic attacks: `none` without a
   * signature, or `HS256` with the public key as the secret.
   */
  async sign(header: Json, claims: Json): Promise<string> {
    const { privateKey, publicKey } = await this.#signing
    const input = `${encode(header)}.${encode(claims)}`
    if (header.alg === 'none') return `${input}.`
    const signature =
      header.alg === 'HS256'
        ? createHmac('sha256', publicKey.export({ format: 'pem', type: 'spki' }))
            .update(input)
            .digest()
        : sign('sha256', Buffer.from(input), privateKey)
    return `${input}.${signature.toString('base64url')}`
  }
}
