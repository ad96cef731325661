import { newCode } from '../secrets.js'

/** What PKCE binds a code to. */
export interface Challenge {
  method: 'S256' | 'plain'
  value: string
}

/** What an authorization code grants, and what it is bound to. */
export interface CodeGrant {
  sub: string
  clientId: string
  project: string
  redirectUri: string
  scopes: ReadonlySet<string>
  challenge: Challenge | null
  nonce: string | null
  /** Whether the exchange brings a refresh token: offline access, and the user has just consented. */
  refreshToken: boolean
}

/** Shorter than at Google, so that tests find an app that exchanges codes late. */
const CODE_LIFETIME_MS = 60_000

/** Authorization codes. Each can be exchanged once. */
export class Codes {
  readonly #now: () => number
  readonly #codes = new Map<string, { grant: CodeGrant; expiresAt: number; used: boolean }>()

  constructor(now: () => number) {
    this.#now = now
  }

  issue(grant: CodeGrant): string {
    const code = newCode()
    this.#codes.set(code, { grant, expiresAt: this.#now() + CODE_LIFETIME_MS, used: false })
    return code
  }

  /** What the code of a client grants, once. `used` after that; `unknown` for an expired code, or for any other. */
  take(code: string, clientId: string): CodeGrant | 'used' | 'unknown' {
    const kept = this.#codes.get(code)
    if (!kept || kept.grant.clientId !== clientId) return 'unknown'
    if (kept.used) return 'used'
    kept.used = true
    return kept.expiresAt > this.#now() ? kept.grant : 'unknown'
  }

  /** Ends the codes of a user, for one project or for all. */
  drop(sub: string, project?: string): void {
    for (const [code, { grant }] of this.#codes) {
      if (grant.sub === sub && (project === undefined || grant.project === project)) this.#codes.delete(code)
    }
  }
}
