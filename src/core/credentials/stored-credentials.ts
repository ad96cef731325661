import { AccessTokenRefreshError, GrantLostError } from '../errors/grant.js'
import { Credentials, type Sending } from './credentials.js'
import type { Refresh } from '../provider/refresh.js'
import { missingFrom } from '../token/scopes.js'
import type { Storage, UpdateOptions } from '../storage/storage.js'
import { startingWith, watched } from '../storage/decorators.js'
import { isAging, isUsable, type Token } from '../token/token.js'

/** Default of `refreshAhead`. */
export const REFRESH_AHEAD_MS = 300_000
/** How often a result that somebody else's writing made worthless is sought again. */
const MAX_ROUNDS = 3

/** What others want to know of a refresh; none of these may throw. */
export interface RefreshObserver {
  /** A refresh runs behind the request: it can be awaited before the process ends. */
  background?: (work: Promise<void>) => void
  /** A refresh behind the request failed; a later request tries again. */
  backgroundFailed?: (error: unknown) => void
  /** Google declared the grant dead; told once, by who found out. */
  grantLost?: (error: GrantLostError, token: Token) => void | Promise<void>
}

export interface StoredOptions extends Sending {
  storage: Storage
  /** Stands in until something was found or written in `storage`. */
  first?: Token
  refresh: Refresh
  refreshAheadMs?: number
  observer?: RefreshObserver
  now?: () => number
}

/**
 * Credentials whose token lives in a slot of a `Storage` and is renewed there: expiry, a 401 and "another process was
 * faster" are one rule. A token close to its end is served at once and renewed behind the request.
 */
export class StoredCredentials extends Credentials {
  readonly #storage: Storage
  readonly #refresh: Refresh
  readonly #refreshAheadMs: number
  readonly #observer: RefreshObserver
  readonly #now: () => number
  #latest: Token | null

  constructor(options: StoredOptions) {
    super(options)
    const { storage, first, refresh, refreshAheadMs = REFRESH_AHEAD_MS, observer = {}, now = Date.now } = options
    this.#latest = first ?? null
    this.#storage = watched(first === undefined ? storage : startingWith(first, storage), (token) => {
      this.#latest = token
    })
    this.#refresh = refresh
    this.#refreshAheadMs = refreshAheadMs
    this.#observer = observer
    this.#now = now
  }

  /**
   * A token that can be sent now. Throws a `GrantLostError` when only a sign-in helps, an `AccessTokenRefreshError` or a
   * `StorageError` for trouble that passes.
   */
  override async token(rejected?: Token): Promise<Token> {
    const held: Token | null = await this.#storage.get()
    if (held === null) throw new GrantLostError('missing')
    if (isUsable(held, rejected, this.#now())) {
      if (isAging(held, this.#refreshAheadMs, this.#now())) this.#renewBehind()
      return held
    }
    return this.#renewed(held, rejected)
  }

  /** The token after a renewal, whoever made it. */
  async #renewed(held: Token, rejected: Token | undefined): Promise<Token> {
    if (held.lost !== undefined) throw lostError(held)
    const done = (token: Token | null): boolean =>
      token === null || token.lost !== undefined || isUsable(token, rejected, this.#now())
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const { after, ours } = await this.#update(done, { until: done })
      if (after === null) throw new GrantLostError('missing')
      // A fresh token is given as it is, however short its life: asking again would bring no better one.
      if (ours || isUsable(after, rejected, this.#now())) return after
      if (after.lost !== undefined) throw lostError(after)
      // What we brought was not stored, since our lease was lost: somebody else is at it.
    }
    throw new AccessTokenRefreshError('contended')
  }

  /** Whether Google granted every one of `scopes` (a list, or one string with spaces). */
  async hasScopes(scopes: string | readonly string[]): Promise<boolean> {
    const held = await this.#storage.get()
    return held !== null && held.lost === undefined && missingFrom(held.scopes, scopes).length === 0
  }

  protected get storage(): Storage {
    return this.#storage
  }

  /** The token these credentials have seen last; `null` before they saw any. */
  protected get latest(): Token | null {
    return this.#latest
  }

  #renewBehind(): void {
    const fresh = (token: Token | null): boolean =>
      token === null || token.lost !== undefined || !isAging(token, this.#refreshAheadMs, this.#now())
    const work = this.#update(fresh, { wait: false }).then(
      () => {},
      (error: unknown) => this.#observer.backgroundFailed?.(error)
    )
    this.#observer.background?.(work)
  }

  /** What is stored after a refresh of a token that is not `good`, and whether that is the one which we brought. */
  async #update(
    good: (token: Token | null) => boolean,
    options: UpdateOptions
  ): Promise<{ after: Token | null; ours: boolean }> {
    let brought: Token | undefined
    let death: GrantLostError | undefined
    const change = async (latest: Token | null): Promise<Token | null> => {
      if (latest === null || good(latest)) return latest
      try {
        brought = await this.#refresh(latest)
        return brought
      } catch (error) {
        if (!(error instanceof GrantLostError) || error.reason === 'no_refresh_token') throw error
        death = error
        return buried(latest, error, this.#now())
      }
    }
    const after = await this.#storage.update(change, options)
    // Told only when the death was stored: a sign-in that came in between has brought the user a new grant.
    if (death !== undefined && after?.lost !== undefined) await this.#observer.grantLost?.(death, after)
    return { after, ours: after !== null && after.accessToken === brought?.accessToken }
  }
}

/** The token of a dead grant, marked so that nobody uses it or asks Google again. */
function buried(token: Token, { reason, likelyCause }: GrantLostError, at: number): Token {
  const lost = { reason, ...(likelyCause === undefined ? {} : { likelyCause }), at }
  return token.with({ refreshToken: undefined, lost })
}

function lostError(token: Token): GrantLostError {
  return new GrantLostError(token.lost?.reason ?? 'missing', token.lost?.likelyCause)
}
