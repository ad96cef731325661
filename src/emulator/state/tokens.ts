import { newAccessToken, newRefreshToken } from './secrets.js'

/** Whom a token speaks for, and what it may do. */
export interface TokenHolder {
  /** The user's `sub`, or a service account's e-mail address. */
  sub: string
  clientId: string
  /** Null for a service account's token: no user's consent stands behind it. */
  project: string | null
  scopes: ReadonlySet<string>
  /** The code that the token goes back to, by way of any number of refreshes; null without one. */
  code: string | null
}

export interface IssuedToken extends TokenHolder {
  token: string
  /** Epoch milliseconds; Infinity for a refresh token without an end. */
  expiresAt: number
}

/** Live refresh tokens that Google allows per user and client; one more, and the oldest dies silently. */
export const REFRESH_TOKEN_LIMIT = 100

/** All live tokens. */
export class Tokens {
  readonly #now: () => number
  readonly #access = new Map<string, IssuedToken>()
  readonly #refresh = new Map<string, IssuedToken>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** A new access token. */
  issueAccess(holder: TokenHolder, lifetimeMs: number): IssuedToken {
    const issued = { ...holder, token: newAccessToken(), expiresAt: this.#now() + lifetimeMs }
    this.#access.set(issued.token, issued)
    return issued
  }

  /** A new refresh token; the oldest of this user and client dies when there are too many. */
  issueRefresh(holder: TokenHolder, expiresAt: number): IssuedToken {
    const issued = { ...holder, token: newRefreshToken(), expiresAt }
    this.#refresh.set(issued.token, issued)
    const siblings = this.#refreshOf(holder.sub).filter((token) => token.clientId === holder.clientId)
    for (const oldest of siblings.slice(0, -REFRESH_TOKEN_LIMIT)) this.#refresh.delete(oldest.token)
    return issued
  }

  /** The access token while it lives, else null. */
  access(token: string): IssuedToken | null {
    return this.#live(this.#access.get(token))
  }

  /** The refresh token while it lives, else null. */
  refresh(token: string): IssuedToken | null {
    return this.#live(this.#refresh.get(token))
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

  /** Ends the access tokens of one user, or all of them; refresh tokens live on. */
  expireAccess(sub?: string): void {
    for (const issued of this.#access.values()) {
      if (sub === undefined || issued.sub === sub) this.#access.delete(issued.token)
    }
  }

  /** How many refresh tokens of the user live. */
  refreshCount(sub: string): number {
    return this.#refreshOf(sub).filter((issued) => this.#live(issued)).length
  }

  #refreshOf(sub: string): IssuedToken[] {
    return [...this.#refresh.values()].filter((issued) => issued.sub === sub)
  }

  #live(issued: IssuedToken | undefined): IssuedToken | null {
    return issued && issued.expiresAt > this.#now() ? issued : null
  }
}
