import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { StorageError, TokenRevokeError } from '../../core/errors/grant.js'
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
import { found } from '../../core/storage/found.js'

/** Pauses before each further try of a revocation that Google did not confirm. */
const REVOKE_PAUSES_MS = [1_000, 5_000, 15_000]
/** How long the other owners of an account are looked at before a revocation is put off. */
const LOOK_MS = 30_000
/** As long as that, one refresh and one revocation can last: until then another process expects the call to Google. */
const REVOKING_MS = LOOK_MS + 30_000
/** A read and a deletion take less: until then a sign-in waits for them. */
const DELETING_MS = 5_000
/** An end without a note for longer than this did not begin: the process was killed before anything was deleted. */
const STALE_MS = 60_000
/** How often an end waits for another caller that changes the grant, before it makes that change void. */
const TAKE_TRIES = 10
const TAKE_PAUSE_MS = 20

export interface EndGrantsParts {
  settings: Settings
  client: OAuthClient
  grants: Grants
  holders: AccountHolders
  background: BackgroundTasks
  log: FastifyBaseLogger
}

/**
 * Ends grants: here at once, and at Google when no other owner has a grant of the same account, because Google ends all of
 * them. A sealed note is stored before anything is deleted. It stays until Google has confirmed, the hook `onRevokeFailed` was
 * told, or the account has a living grant again, so an end that a crash cut short is finished later.
 */
export class GrantEnder {
  readonly #parts: EndGrantsParts
  /** Ends that this process is at work on. */
  readonly #underWay = new Set<string>()

  constructor(parts: EndGrantsParts) {
    this.#parts = parts
  }

  /**
   * Ends a grant. `true`: Google confirmed. `false`: nothing was stored, or another owner has a living grant of the account.
   * Throws a `TokenRevokeError` when Google did not confirm: it is asked again in the background, a few times.
   */
  async end(grant: GrantRef): Promise<boolean> {
    const { grants } = this.#parts
    const storage = grants.storageFor(grant.owner, grant.account)
    const token = (await found(storage)) ?? (await this.#storedMeanwhile(grant))
    if (token === 'unreadable') {
      await storage.delete()
      return this.#fail(grant, new TokenRevokeError('unreadable'))
    }
    if (token !== null) return this.endToken(grant, token)
    const left = await grants.ends.noted(grant)
    return left instanceof Object ? this.#finish(grant, left) : false
  }

  /**
   * Deletes a slot with nothing in it, so that a sign-in that is under way does not store what it brings. Returns what another
   * one has stored meanwhile. One that stores later learns of this end (`StoredGrant.revokingMs`), and finds its record gone.
   */
  async #storedMeanwhile({ owner, account }: GrantRef): Promise<Token | 'unreadable' | null> {
    const { ends, storageFor } = this.#parts.grants
    const storage = storageFor(owner, account)
    const name = await ends.begin(account, DELETING_MS)
    try {
      const token = await found(storage)
      if (token === null) await storage.delete()
      return token
    } finally {
      await ends.done(account, name).catch(() => undefined)
    }
  }

  /** Ends the grant of a token that is, or is not yet, stored as `grant`. */
  async endToken(grant: GrantRef, token: Token): Promise<boolean> {
    let taken: Token
    try {
      taken = await this.#take(grant, token)
    } catch (error) {
      this.#underWay.delete(nameOf(grant))
      throw error
    }
    return this.#finish(grant, taken)
  }

  /**
   * Deletes what is stored, and returns the token that was. It is noted first, also when another one was stored meanwhile:
   * when `token` is dead at Google, it would not end the grant of that other one.
   */
  async #take(grant: GrantRef, token: Token): Promise<Token> {
    const { grants } = this.#parts
    const storage = grants.storageFor(grant.owner, grant.account)
    this.#underWay.add(nameOf(grant))
    await grants.ends.note(grant, token)
    let noted = token
    for (let tries = 0; tries < TAKE_TRIES; tries++) {
      const known = noted
      const left = await storage.update((current) => (isSameGrant(current, known) ? null : current), { wait: false })
      if (left === null) return noted
      if (isSameGrant(left, noted)) await sleep(TAKE_PAUSE_MS)
      else await grants.ends.note(grant, (noted = left))
    }
    await storage.delete()
    return noted
  }

  /**
   * Ends the grant that a refused connect brought, unless an owner has a living grant of the account. Returns as soon as the
   * end is noted; the rest runs behind the request. Never throws.
   */
  async endFresh(grant: GrantRef, token: Token): Promise<void> {
    const { grants, background, log } = this.#parts
    const failed = (error: unknown): void =>
      warnOfRevoke(log, grant, error, 'A grant that was refused has not ended at Google yet')
    this.#underWay.add(nameOf(grant))
    try {
      await grants.ends.note(grant, token)
    } catch (error) {
      this.#underWay.delete(nameOf(grant))
      failed(error)
      return
    }
    background.run(this.#finish(grant, token).then(() => undefined, failed))
  }

  /** Finishes the ends that a crash cut short. */
  async finishAll(): Promise<void> {
    const { ends } = this.#parts.grants
    const [all, stale] = await Promise.all([ends.unfinished(0), ends.unfinished(STALE_MS)])
    for (const grant of all) {
      if (this.#underWay.has(nameOf(grant))) continue
      const token = await ends.noted(grant)
      const isStale = stale.some(({ owner, account }) => owner === grant.owner && account === grant.account)
      if (token === 'unreadable') await this.#fail(grant, new TokenRevokeError('unreadable')).catch(() => undefined)
      else if (token !== null) await this.#finishCutShort(grant, token).catch(passing)
      else if (isStale) await ends.forget(grant)
    }
  }

  /** A record with the noted token was not deleted any more. A record with another token is a new grant. */
  async #finishCutShort(grant: GrantRef, token: Token): Promise<void> {
    const storage = this.#parts.grants.storageFor(grant.owner, grant.account)
    if ((await found(storage)) !== null) {
      await storage.update((current) => (isSameGrant(current, token) ? null : current))
    }
    await this.#finish(grant, token)
  }

  async #finish(grant: GrantRef, token: Token): Promise<boolean> {
    const { background, log } = this.#parts
    this.#underWay.add(nameOf(grant))
    try {
      const confirmed = await this.#revoke(grant, token)
      await this.#forget(grant, token)
      this.#underWay.delete(nameOf(grant))
      return confirmed
    } catch (error) {
      if (!(error instanceof TokenRevokeError)) {
        this.#underWay.delete(nameOf(grant))
        throw error
      }
      warnOfRevoke(log, grant, error, 'Google did not confirm a revocation yet')
      const later = this.#revokeLater(grant, token, error).finally(() => this.#underWay.delete(nameOf(grant)))
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
    await this.#fail(grant, failure, token).catch(() => undefined)
  }

  /** Drops the note of this end. A newer note, of an end that began since, stays. */
  async #forget(grant: GrantRef, token: Token): Promise<void> {
    const { ends } = this.#parts.grants
    const noted = await ends.noted(grant)
    if (noted === 'unreadable' || noted === null || isSameGrant(noted, token)) await ends.forget(grant)
  }

  /** Tells the hook, then drops the note: that of `token`, or one that does not open. Throws the error. */
  async #fail(grant: GrantRef, error: TokenRevokeError, token?: Token): Promise<never> {
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
function warnOfRevoke(log: FastifyBaseLogger, grant: GrantRef, error: unknown, message: string): void {
  const { reason } = error as { reason?: string }
  log.warn({ event: EVENT.revoke, outcome: 'unconfirmed', reason, ...grant, err: error }, message)
}

function nameOf({ owner, account }: GrantRef): string {
  return JSON.stringify([owner, account])
}

function isSameGrant(current: Token | null, noted: Token): boolean {
  if (current === null) return false
  return current.accessToken === noted.accessToken || (noted.refreshToken ?? '') === current.refreshToken
}

/** Trouble that passes is left for the next run. */
function passing(error: unknown): void {
  if (!(error instanceof TokenRevokeError) && !(error instanceof StorageError)) throw error
}
