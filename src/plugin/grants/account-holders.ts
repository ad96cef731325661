import { setTimeout as sleep } from 'node:timers/promises'
import { AccessTokenRefreshError, GrantLostError, TokenRevokeError } from '../../core/errors/grant.js'
import type { GrantRef } from '../../core/storage/storage.js'
import { isUsable } from '../../core/token/token.js'
import type { Grants } from '../../grants/grants.js'
import type { Settings } from '../options/options.js'
import type { Clients } from './clients.js'
import { found } from '../../core/storage/found.js'

/** An owner who is about to store a grant has a record within this time: hold, read and write are three commands. */
const STORING_MS = 5_000
const LOOK_PAUSE_MS = 50

export interface AccountHoldersParts {
  settings: Settings
  grants: Grants
  clients: Clients
}

/** The owners that have a grant of an account. Google ends the grants of all of them at once. */
export class AccountHolders {
  readonly #parts: AccountHoldersParts

  constructor(parts: AccountHoldersParts) {
    this.#parts = parts
  }

  /**
   * Whether an owner has a grant of the account that works. An owner who has just begun to store one is waited for, and those
   * that come during the look are looked at too. Throws a `TokenRevokeError` when it cannot be found out.
   */
  async isHeld(ending: GrantRef): Promise<boolean> {
    const { grants, settings } = this.#parts
    const { account } = ending
    const own = { owner: account, account }
    if (settings.isOwn(own) && (await this.#works(own)) === true) return true
    const seen = new Set<string>()
    for (;;) {
      const holders = (await grants.ends.holders(account)).filter(({ version }) => !seen.has(version))
      if (holders.length === 0) return false
      // The owner whose grant ends comes first, so that this entry goes even when another owner has a living grant.
      holders.sort((one, other) => Number(other.owner === ending.owner) - Number(one.owner === ending.owner))
      for (const holder of holders) {
        const works = await this.#works({ owner: holder.owner, account })
        if (works === true) return true
        if (works === null && holder.owner !== ending.owner && holder.ageMs < STORING_MS) continue
        seen.add(holder.version)
        if (works === null) await grants.ends.letGo(account, holder)
      }
      if (!holders.every(({ version }) => seen.has(version))) await sleep(LOOK_PAUSE_MS)
    }
  }

  /** Whether a grant works, found out by one refresh; `null` when there is none. */
  async #works(grant: GrantRef): Promise<boolean | null> {
    const { grants, clients } = this.#parts
    const token = await found(grants.storageFor(grant.owner, grant.account))
    if (token === null) return null
    if (token === 'unreadable') throw new TokenRevokeError('unreadable')
    if (token.lost !== undefined) return false
    if (token.refreshToken === undefined) return isUsable(token)
    try {
      return (await clients.tokenOf(grant).renewUnless(() => false)) === 'renewed'
    } catch (error) {
      if (error instanceof GrantLostError) return false
      if (error instanceof AccessTokenRefreshError) throw new TokenRevokeError(error.reason, error)
      throw error
    }
  }
}
