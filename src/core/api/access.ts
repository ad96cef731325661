import type { Token } from '../token/token.js'
import type { Connections } from '../http/connections.js'
import type { OriginRule } from './origins.js'

/** Gives a token that can be sent now: any but the one that an API has just `rejected`. */
export type TokenSource = (rejected?: Token) => Promise<Token>

/** What all calls of one set of credentials share: whose token is sent, where it may go, and over which connections. */
export interface Access {
  readonly source: TokenSource
  readonly rule: OriginRule
  /** Whether a 401 that no refresh can heal is returned, or thrown as a `GrantLostError`. */
  readonly returnRefused: boolean
  /** Default: those of the global `fetch`. */
  readonly connections: Connections | undefined
  /** The most that `request` reads of one answer, after decompression; streams are not bounded. */
  readonly maxResponseBytes: number
}
