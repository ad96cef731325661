import { belongsToDomain } from '../../core/provider/id-token-claims.js'
import type { Settings } from '../options/options.js'
import type { SessionData } from './session-record.js'
import type { SignIn } from './session-state.js'

/** When a sign-in counts, and what a session keeps at the next sign-in. */
export class SignInRules {
  readonly #lifetimeMs: number
  readonly #hostedDomains: readonly string[]
  readonly #keepAtSignIn: readonly string[]

  constructor({ signInLifetimeMs, hostedDomains, keepAtSignIn }: Settings) {
    this.#lifetimeMs = signInLifetimeMs
    this.#hostedDomains = hostedDomains
    this.#keepAtSignIn = keepAtSignIn
  }

  /** The end of a sign-in in milliseconds since the epoch. Renewing its session does not change it. */
  endOf({ user }: Pick<SignIn, 'user'>): number {
    return user.signedInAt + this.#lifetimeMs
  }

  /** `signIn` if it counts now, else `null`. Its domain is checked at each read, so a changed `hostedDomain` counts at once. */
  counting<T extends Pick<SignIn, 'user'>>(signIn: T | null): T | null {
    if (signIn === null || this.endOf(signIn) <= Date.now()) return null
    return belongsToDomain(signIn.user.hostedDomain, this.#hostedDomains) ? signIn : null
  }

  /**
   * The part of `data` that the session keeps when `sub` signs in: all of it if the same user is signed in, the keys in
   * `keepAtSignIn` if nobody is, else nothing. `before` is the sign-in in the session, even if it no longer counts.
   * `'ended'`: it cannot be read any more, or is one of another client.
   */
  kept(data: SessionData, before: SignIn | 'ended' | null, sub: string): SessionData {
    const same = before !== null && before !== 'ended' && this.counting(before)?.user.sub === sub
    const stays = (key: string): boolean => same || (before === null && this.#keepAtSignIn.includes(key))
    // Entries only: the session object of @fastify/session has its internal state under symbols.
    return Object.fromEntries(Object.entries(data).filter(([key]) => stays(key)))
  }
}
