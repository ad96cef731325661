import { CHANNELS } from '../channels.js'
import { AccessTokenRefreshError, GrantLostError } from '../errors/grant.js'
import type { Refresh } from '../provider/refresh.js'
import { observed, withInitialToken } from '../storage/decorators.js'
import type { GrantRef, Storage, UpdateOptions } from '../storage/storage.js'
import { isLiving, living, markedLost } from '../token/lost.js'
import { missingFrom } from '../token/scopes.js'
import { tracedLoss, tracedRefresh } from './traced-refresh.js'
import { isAging, isUsable, type Token } from '../token/token.js'

/** Default of `refreshAhead`. */
export const REFRESH_AHEAD_MS = 300_000
/** How often a refresh is tried when its result is not stored, because another process wrote meanwhile. */
const MAX_ROUNDS = 3

/** Functions that are told about refreshes. They must not throw. */
export interface RefreshObserver {
  /** Whose token it is, for those who watch; `undefined` as long as that is not known. */
  grant?: () => GrantRef | undefined
  /** A refresh runs behind the request: it can be awaited before the process ends. */
  background?: (work: Promise<void>) => void
  /** What was to happen behind the request failed; a later request tries again. A refresh that failed was told before. */
  backgroundFailed?: (error: unknown) => void
  /** A refresh brought a token. Called in the process that made the refresh, and so is `refreshFailed`. */
  refreshed?: () => void
  /** A refresh failed for trouble that passes. */
  refreshFailed?: (error: AccessTokenRefreshError) => void
  /** Google said that the grant has ended. Called once, in the process that found out. */
  grantLost?: (error: GrantLostError, token: Token) => void | Promise<void>
}

export interface StoredTokenOptions {
  storage: Storage
  /** The token until one is found in `storage` or written there. */
  first?: Token
  refresh: Refresh
  refreshAheadMs?: number
  observer?: RefreshObserver
  now?: () => number
}

/**
 * The token of a slot, refreshed there when it has expired, when an API has refused it, and ahead of its end. One caller
 * refreshes, in one of the processes; all others take what it stored.
 */
export class StoredToken {
  readonly storage: Storage
  /** The token that was seen last; `null` before one was seen. */
  latest: Token | null
  readonly #refresh: Refresh
  readonly #refreshAheadMs: number
  readonly #observer: RefreshObserver
  readonly #now: () => number
  #reading: Promise<Token | null> | undefined

  constructor(options: StoredTokenOptions) {
    const { storage, first, refresh, refreshAheadMs = REFRESH_AHEAD_MS, observer = {}, now = Date.now } = options
    this.latest = first ?? null
    this.storage = observed(first === undefined ? storage : withInitialToken(first, storage), (token) => {
      this.latest = token
    })
    this.#refresh = refresh
    this.#refreshAheadMs = refreshAheadMs
    this.#observer = observer
    this.#now = now
  }

  /**
   * A token that can be sent now, other than the one that an API has just `rejected`. Throws a `GrantLostError` when only
   * a sign-in helps, an `AccessTokenRefreshError` or a `StorageError` for trouble that passes.
   */
  async get(rejected?: Token): Promise<Token> {
    const held = living(await this.#read())
    if (!isUsable(held, rejected, this.#now())) return this.#renewed(rejected)
    if (isAging(held, this.#refreshAheadMs, this.#now())) this.#renewBehind()
    return held
  }

  /** Whether Google granted every one of `scopes` (a list, or one string with spaces); `false` for a lost grant. */
  async hasScopes(scopes: string | readonly string[]): Promise<boolean> {
    const held = await this.#read()
    return isLiving(held) && missingFrom(held.scopes, scopes).length === 0
  }

  /** What is stored. Calls at once share one read; a later call reads again, so that an end counts for it. */
  #read(): Promise<Token | null> {
    if (this.#reading !== undefined) return this.#reading
    const reading = this.storage.get()
    const over = (): void => {
      this.#reading = undefined
    }
    reading.then(over, over)
    this.#reading = reading
    return reading
  }

  async #renewed(rejected: Token | undefined): Promise<Token> {
    const isDone = (token: Token | null): boolean => !isLiving(token) || isUsable(token, rejected, this.#now())
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const { stored, brought } = await this.#renew(isDone, { until: isDone })
      const after = living(stored)
      // A fresh token is used even if it ends soon: asking again would bring no better one.
      if (after.accessToken === brought?.accessToken || isUsable(after, rejected, this.#now())) return after
      // The fresh token was not stored, because another process took the lease: see what it stores.
    }
    throw new AccessTokenRefreshError('contended')
  }

  /**
   * Refreshes the token, unless `isDone` accepts the one that is stored by then. Returns the result. Throws as `get`
   * does, but not for a grant that has just been lost.
   */
  async renewUnless(isDone: (token: Token) => boolean): Promise<'renewed' | 'lost' | 'unchanged'> {
    const { brought, loss } = await this.#renew((token) => !isLiving(token) || isDone(token), {})
    return loss !== undefined ? 'lost' : brought !== undefined ? 'renewed' : 'unchanged'
  }

  #renewBehind(): void {
    const isDone = (token: Token | null): boolean =>
      !isLiving(token) || !isAging(token, this.#refreshAheadMs, this.#now())
    const work = this.#renew(isDone, { wait: false }).then(
      () => {},
      (error: unknown) => this.#observer.backgroundFailed?.(error)
    )
    this.#observer.background?.(work)
  }

  /**
   * What is stored after a refresh, which only happens unless `isDone` accepts the latest token; and what it brought.
   */
  async #renew(
    isDone: (token: Token | null) => boolean,
    options: UpdateOptions
  ): Promise<{ stored: Token | null; brought: Token | undefined; loss: GrantLostError | undefined }> {
    let brought: Token | undefined
    let loss: GrantLostError | undefined
    const change = async (latest: Token | null): Promise<Token | null> => {
      if (latest === null || isDone(latest)) return latest
      try {
        brought = await this.#refreshWatched(latest)
        this.#observer.refreshed?.()
        return brought
      } catch (error) {
        if (error instanceof AccessTokenRefreshError) this.#observer.refreshFailed?.(error)
        if (!(error instanceof GrantLostError) || error.reason === 'no_refresh_token') throw error
        loss = error
        return markedLost(latest, error, this.#now())
      }
    }
    const stored = await this.storage.update(change, options)
    // Not told when a sign-in came in between: the user has a new grant then.
    if (loss !== undefined && stored?.lost !== undefined) await this.#tellLost(loss, stored)
    return { stored, brought, loss }
  }

  #refreshWatched(latest: Token): Promise<Token> {
    if (!CHANNELS.refresh.hasSubscribers) return this.#refresh(latest)
    return tracedRefresh(this.#refresh, latest, this.#observer.grant?.())
  }

  async #tellLost(loss: GrantLostError, stored: Token): Promise<void> {
    const tell = async (): Promise<void> => this.#observer.grantLost?.(loss, stored)
    await (CHANNELS.grantLost.hasSubscribers ? tracedLoss(loss, this.#observer.grant?.(), tell) : tell())
  }
}
