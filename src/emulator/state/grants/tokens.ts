import { newAccessToken, newRefreshToken } from '../secrets.js'

/** The holder of a token, and what the token allows. */
export interface TokenHolder {
  /** The user's `sub`, or a service account's e-mail address. */
  sub: string
  clientId: string
  /** Null for the token of a service account, which needs no consent of a user. */
  project: string | null
  scopes: ReadonlySet<string>
  /** The code from which the token was made, directly or by refreshes; null without one. */
  code: string | null
}

export interface IssuedToken extends TokenHolder {
  token: string
  /** Milliseconds since the epoch; Infinity for a refresh token without an end. */
  expiresAt: number
}

/** Live refresh tokens that Google allows per user and client. One more ends the oldest, without a notice. */
const REFRESH_TOKEN_LIMIT = 100

/** All live tokens. */
export class Tokens {
  readonly #now: () => number
  readonly #access = new Map<string, IssuedToken>()
  readonly #refresh = new Map<string, IssuedToken>()
  /** The account of every access token, also of those that have ended. */
  readonly #accountOf = new Map<string, string>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** A new access token. */
  issueAccess(holder: TokenHolder, lifetimeMs: number): IssuedToken {
    const issued = { ...holder, token: newAccessToken(), expiresAt: this.#now() + lifetimeMs }
    this.#access.set(issued.token, issued)
    this.#accountOf.set(issued.token, issued.sub)
    return issued
  }

  /** A new refresh token. With too many, the oldest of this user and client ends. */
  issueRefresh(holder: TokenHolder, expiresAt: number): IssuedToken {
    const issued = { ...holder, token: newRefreshToken(), expiresAt }
    this.#refresh.set(issued.token, issued)
    const siblings = this.#refreshOf(holder.sub).filter((token) => token.clientId === holder.clientId)
    for (const oldest of siblings.slice(0, -REFRESH_TOKEN_LIMIT)) this.#refresh.delete(oldest.token)
    return issued
  }

  /** The access token; null when it has ended. */
  access(token: string): IssuedToken | null {
    return this.#live(this.#access.get(token))
  }

  /** The account that an access token is or was for; undefined for a token that was never issued. */
  accountOf(token: string): string | undefined {
    return this.#accountOf.get(token)
  }

  /** The refresh token; null when it has ended. */
  refresh(token: string): IssuedToken | null {
    return this.#live(this.#refresh.get(token))
  }

  /** The newest live refresh token of a user; undefined when there is none. */
  newestRefresh(sub: string): IssuedToken | undefined {
    return this.#refreshOf(sub).findLast((issued) => this.#live(issued))
  }

  /** Ends one token of either kind. */
  drop(token: string): void {
    this.#access.delete(token)
    this.#refresh.delete(token)
  }

  /** Ends every token that `matches`. */
  dropAll(matches: (token: IssuedToken) => boolean): void {
    for (const issued of [...this.#access.values(), ...this.#refresh.values()]) {
      if (matches(issued)) this.drop(issued.token)
    }
  }

  /** Ends the access tokens of one user, or of all users. Refresh tokens stay valid. */
  expireAccess(sub?: string): void {
    for (const issued of this.#access.values()) {
      if (sub === undefined || issued.sub === sub) this.#access.delete(issued.token)
    }
  }

  /** The number of live refresh tokens of a user. */
  refreshCount(sub: string): number {
    return this.#refreshOf(sub).filter((issued) => this.#live(issued)).length
  }

  /** The number of live access tokens of a user. */
  accessCount(sub: string): number {
    return [...this.#access.values()].filter((issued) => issued.sub === sub && this.#live(issued)).length
  }

  #refreshOf(sub: string): IssuedToken[] {
    return [...this.#refresh.values()].filter((issued) => issued.sub === sub)
  }

  #live(issued: IssuedToken | undefined): IssuedToken | null {
    return issued && issued.expiresAt > this.#now() ? issued : null
  }
}
