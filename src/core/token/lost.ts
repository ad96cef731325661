import { GrantLostError } from '../errors/grant.js'
import type { Token } from './token.js'

/** The token of a dead grant, marked so that nobody uses it or asks Google again. */
export function markedLost(token: Token, { reason, likelyCause }: GrantLostError, at: number): Token {
  const lost = { reason, ...(likelyCause === undefined ? {} : { likelyCause }), at }
  return token.with({ refreshToken: undefined, lost })
}

/** Whether `token` is there and its grant is not lost. */
export function isLiving(token: Token | null): token is Token {
  return token !== null && token.lost === undefined
}

/** `token`, whose grant lives. Throws the `GrantLostError` that says why there is none, or how it was lost. */
export function living(token: Token | null): Token {
  if (token === null) throw new GrantLostError('missing')
  if (token.lost !== undefined) throw new GrantLostError(token.lost.reason, token.lost.likelyCause)
  return token
}
