import { grantName } from '../../core/storage/grant-names.js'
import type { FastifyBaseLogger } from 'fastify'
import { TokenRevokeError } from '../../core/errors/grant.js'
import type { OAuthClient } from '../../core/provider/client-authentication.js'
import { revokeGrant } from '../../core/provider/revoke.js'
import type { GrantRef } from '../../core/storage/storage.js'
import type { Token } from '../../core/token/token.js'
import type { Grants } from '../../grants/grants.js'
import type { BackgroundTasks } from '../background-tasks.js'
import type { Settings } from '../options/options.js'
import { EVENT } from '../log-events.js'
import { runHook } from '../run-hook.js'
import type { AccountHolders } from './account-holders.js'

/** Pauses before each further try of a revocation that Google did not confirm. */
const REVOKE_PAUSES_MS = [1_000, 5_000, 15_000]
/** How long the other owners of an account are looked at before a revocation is put off. */
const LOOK_MS = 30_000
/** As long as that, one refresh and one revocation can last: until then another process expects the call to Google. */
const REVOKING_MS = LOOK_MS + 30_000

export interface EndGrantsParts {
  settings: Settings
  client: OAuthClient
  grants: Grants
  holders: AccountHolders
  background: BackgroundTasks
  log: FastifyBaseLogger
}

/**
 * The second half of an end, at Google: a grant that is noted, and no longer stored, is revoked. Google is not asked when another
 * owner has a living grant of the account.
 */
export class EndAtGoogle {
  readonly #parts: EndGrantsParts
  /** Ends that this process is at work on. */
  readonly #underWay = new Set<string>()

  constructor(parts: EndGrantsParts) {
    this.#parts = parts
  }

  /** No other run of this process takes up this end from now on. */
  begin(grant: GrantRef): void {
    this.#underWay.add(grantName(grant))
  }

  /** This run is over, or came to nothing. */
  done(grant: GrantRef): void {
    this.#underWay.delete(grantName(grant))
  }

  isUnderWay(grant: GrantRef): boolean {
    return this.#underWay.has(grantName(grant))
  }

  /** As `GrantEnder.end`, for a grant that is noted. */
  async finish(grant: GrantRef, token: Token): Promise<boolean> {
    const { background, log } = this.#parts
    this.begin(grant)
    try {
      const confirmed = await this.#revoke(grant, token)
      await this.#forget(grant, token)
      this.done(grant)
      return confirmed
    } catch (error) {
      if (!(error instanceof TokenRevokeError)) {
        this.done(grant)
        throw error
      }
      warnOfRevoke(log, grant, error, 'Google did not confirm a revocation yet')
      const later = this.#revokeLater(grant, token, error).finally(() => this.done(grant))
      background.run(later)
      throw error
    }
  }

  async #revokeLater(grant: GrantRef, token: Token, first: TokenRevokeError): Promise<void> {
    const { grants, background } = this.#parts
    let failure = first
    for (const pause of REVOKE_PAUSES_MS) {
      await background.pause(pause)
      try {
        // Another process has finished it.
        if ((await grants.ends.noted(grant)) === null) return
        await this.#revoke(grant, token)
        await this.#forget(grant, token)
        return
      } catch (error) {
        failure = error instanceof TokenRevokeError ? error : new TokenRevokeError('storage', error)
      }
    }
    // Another process may have taken up the same note, and told the hook.
    if ((await grants.ends.noted(grant).catch(() => undefined)) === null) return
    await this.fail(grant, failure, token).catch(() => undefined)
  }

  /** Drops the note of this end. A newer note, of an end that began since, stays. */
  async #forget(grant: GrantRef, token: Token): Promise<void> {
    const { ends } = this.#parts.grants
    const noted = await ends.noted(grant)
    if (noted === 'unreadable' || noted === null || isSameGrant(noted, token)) await ends.forget(grant)
  }

  /** Tells the hook, then drops the note: that of `token`, or one that does not open. Throws the error. */
  async fail(grant: GrantRef, error: TokenRevokeError, token?: Token): Promise<never> {
    const { grants, log, settings } = this.#parts
    warnOfRevoke(log, grant, error, 'Google did not confirm that a grant has ended')
    await runHook(log, 'onRevokeFailed', () => settings.given.onRevokeFailed?.(grant, error))
    await (token === undefined ? grants.ends.forget(grant) : this.#forget(grant, token))
    throw error
  }

  /**
   * Revokes at Google unless a living grant of the account is found. `begin` comes before the look: a grant that is stored
   * later learns that a revocation may hit it (`StoredGrant.revokingMs`).
   */
  async #revoke(grant: GrantRef, token: Token): Promise<boolean> {
    const { client, grants, holders } = this.#parts
    const { account } = grant
    const startedAt = performance.now()
    const name = await grants.ends.begin(account, REVOKING_MS)
    try {
      if (await holders.isHeld(grant)) return false
      if (performance.now() - startedAt > LOOK_MS) throw new TokenRevokeError('timeout')
      return (await revokeGrant(client, token)) === 'confirmed'
    } finally {
      await grants.ends.done(account, name).catch(() => undefined)
    }
  }
}

/** Warns that a grant lives on at Google, or may do so. */
export function warnOfRevoke(log: FastifyBaseLogger, grant: GrantRef, error: unknown, message: string): void {
  const { reason } = error as { reason?: string }
  log.warn({ event: EVENT.revoke, outcome: 'unconfirmed', reason, ...grant, err: error }, message)
}

export function isSameGrant(current: Token | null, noted: Token): boolean {
  if (current === null) return false
  return current.accessToken === noted.accessToken || (noted.refreshToken ?? '') === current.refreshToken
}
