import { createHash } from 'node:crypto'

/** How an event names a refresh token without showing it. */
export type TokenIdentifierAlgorithm = 'prefix' | 'hash_base64_sha512_sha512'

/** A refresh token, as an event names it. */
export interface TokenIdentifier {
  alg: TokenIdentifierAlgorithm
  /** Of one form for each token, whatever alphabet of base64 was sent. */
  value: string
}

const PREFIX_LENGTH = 16

const IDENTIFY: Record<TokenIdentifierAlgorithm, (token: string) => string> = {
  prefix: (token) => token.slice(0, PREFIX_LENGTH),
  hash_base64_sha512_sha512: (token) => sha512(sha512(token)).toString('base64url')
}

/**
 * Both names that an event can have for a refresh token.
 * @see https://developers.google.com/identity/protocols/risc#token_identifiers
 */
export function identifiersOf(token: string): TokenIdentifier[] {
  const algorithms = Object.keys(IDENTIFY) as TokenIdentifierAlgorithm[]
  return algorithms.map((alg) => ({ alg, value: IDENTIFY[alg](token) }))
}

/** The identifier in a subject of the type `oauth_token`; `undefined` for any other, or one of another kind of token. */
export function identifierIn(subject: Record<string, unknown>): TokenIdentifier | undefined {
  const { token_type: type = 'refresh_token', token_identifier_alg: alg, token } = subject
  if (type !== 'refresh_token' || typeof token !== 'string' || token === '') return undefined
  if (alg === 'prefix') return { alg, value: token }
  if (alg === 'hash_base64_sha512_sha512') return { alg, value: Buffer.from(token, 'base64').toString('base64url') }
  return undefined
}

/** Whether `identifier` names this refresh token. */
export function isNamedBy(token: string, { alg, value }: TokenIdentifier): boolean {
  return IDENTIFY[alg](token) === value
}

function sha512(value: string | Buffer): Buffer {
  return createHash('sha512').update(value).digest()
}
