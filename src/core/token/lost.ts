import { GrantLostError } from '../errors/grant.js'
import type { LostGrant, Token } from './token.js'

/** Reasons that are about every token of a grant: events that end all that an account has allowed. */
const OF_ALL_TOKENS = new Set(['tokens-revoked', 'account-disabled'])

/** The token of a grant that has ended, marked so that it is not used and Google is not asked again. */
export function markedLost(token: Token, { reason, likelyCause }: GrantLostError, at: number): Token {
  const lost = { reason, ...(likelyCause === undefined ? {} : { likelyCause }), at }
  return token.with({ refreshToken: undefined, lost })
}

/** Whether the grant was lost because of one refresh token, so that one which followed it may live. */
export function isOfOneToken({ reason }: LostGrant): boolean {
  return !OF_ALL_TOKENS.has(reason)
}

/** Whether `token` is there and its grant is not lost. */
export function isLiving(token: Token | null): token is Token {
  return token !== null && token.lost === undefined
}

/** `token`, if it is there and its grant is not lost. Throws the `GrantLostError` that says why otherwise. */
export function living(token: Token | null): Token {
  if (token === null) throw new GrantLostError('missing')
  if (token.lost !== undefined) throw new GrantLostError(token.lost.reason, token.lost.likelyCause)
  return token
}
