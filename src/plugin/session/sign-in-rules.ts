import { belongsToDomain } from '../../core/provider/id-token.js'
import type { Settings } from '../options/options.js'
import type { SessionData } from './session-record.js'
import type { SignIn } from './session-state.js'

/** When a sign-in counts, and what a session keeps at the next one. */
export class SignInRules {
  readonly #lifetimeMs: number
  readonly #hostedDomains: readonly string[]
  readonly #keepAtSignIn: readonly string[]

  constructor({ signInLifetimeMs, hostedDomains, keepAtSignIn }: Settings) {
    this.#lifetimeMs = signInLifetimeMs
    this.#hostedDomains = hostedDomains
    this.#keepAtSignIn = keepAtSignIn
  }

  /** The end of a sign-in, however often its session is renewed; in milliseconds since the epoch. */
  endOf({ user }: Pick<SignIn, 'user'>): number {
    return user.signedInAt + this.#lifetimeMs
  }

  /** `signIn` if it counts now. The domain is compared at each read, so that restricting the option ends the others at once. */
  counting<T extends Pick<SignIn, 'user'>>(signIn: T | null): T | null {
    if (signIn === null || this.endOf(signIn) <= Date.now()) return null
    return belongsToDomain(signIn.user.hostedDomain, this.#hostedDomains) ? signIn : null
  }

  /**
   * What of `data` the session keeps when `sub` signs in: all of the same user's own, and of a session that nobody was
   * signed in to what the option `keepAtSignIn` names. `before` is the sign-in that is there, whether it counts or not;
   * `'ended'`: there was one that cannot be read any more, or one of another client.
   */
  kept(data: SessionData, before: SignIn | 'ended' | null, sub: string): SessionData {
    const same = before !== null && before !== 'ended' && this.counting(before)?.user.sub === sub
    const stays = (key: string): boolean => same || (before === null && this.#keepAtSignIn.includes(key))
    // By name: a session object of @fastify/session keeps its own affairs under symbols.
    return Object.fromEntries(Object.entries(data).filter(([key]) => stays(key)))
  }
}
