import { setTimeout as sleep } from 'node:timers/promises'
import { TokenRevokeError } from '../../core/errors/grant.js'
import { StorageError } from '../../core/errors/storage.js'
import { found } from '../../core/storage/found.js'
import type { GrantRef } from '../../core/storage/storage.js'
import type { Token } from '../../core/token/token.js'
import { EndAtGoogle, isSameGrant, warnOfRevoke, type EndGrantsParts } from './end-at-google.js'

/** A read and a deletion take less: until then a sign-in waits for them. */
const DELETING_MS = 5_000
/** An end without a note for longer than this did not begin: the process was killed before anything was deleted. */
const STALE_MS = 60_000
/** How often an end waits for another caller that changes the grant, before it makes that change void. */
const TAKE_TRIES = 10
const TAKE_PAUSE_MS = 20

/**
 * Ends grants: here at once, and at Google when no other owner has a grant of the same account, because Google ends all of
 * them. A sealed note is stored before anything is deleted. It stays until Google has confirmed, the hook `onRevokeFailed` was
 * told, or the account has a living grant again, so an end that a crash cut short is finished later.
 */
export class GrantEnder {
  readonly #parts: EndGrantsParts
  readonly #google: EndAtGoogle

  constructor(parts: EndGrantsParts) {
    this.#parts = parts
    this.#google = new EndAtGoogle(parts)
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
      return this.#google.fail(grant, new TokenRevokeError('unreadable'))
    }
    if (token !== null) return this.#endToken(grant, token)
    const left = await grants.ends.noted(grant)
    return left instanceof Object ? this.#google.finish(grant, left) : false
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

  /** Ends a stored grant, whose token was just read. */
  async #endToken(grant: GrantRef, token: Token): Promise<boolean> {
    let taken: Token
    try {
      taken = await this.#take(grant, token)
    } catch (error) {
      this.#google.done(grant)
      throw error
    }
    return this.#google.finish(grant, taken)
  }

  /**
   * Deletes what is stored, and returns the token that was. It is noted first, also when another one was stored meanwhile:
   * when `token` is dead at Google, it would not end the grant of that other one.
   */
  async #take(grant: GrantRef, token: Token): Promise<Token> {
    const { grants } = this.#parts
    const storage = grants.storageFor(grant.owner, grant.account)
    this.#google.begin(grant)
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
    this.#google.begin(grant)
    try {
      await grants.ends.note(grant, token)
    } catch (error) {
      this.#google.done(grant)
      failed(error)
      return
    }
    background.run(this.#google.finish(grant, token).then(() => undefined, failed))
  }

  /** Finishes the ends that a crash cut short. */
  async finishAll(): Promise<void> {
    const { ends } = this.#parts.grants
    const [all, stale] = await Promise.all([ends.unfinished(0), ends.unfinished(STALE_MS)])
    for (const grant of all) {
      if (this.#google.isUnderWay(grant)) continue
      const token = await ends.noted(grant)
      const isStale = stale.some(({ owner, account }) => owner === grant.owner && account === grant.account)
      if (token === 'unreadable')
        await this.#google.fail(grant, new TokenRevokeError('unreadable')).catch(() => undefined)
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
    await this.#google.finish(grant, token)
  }
}

/** Trouble that passes is left for the next run. */
function passing(error: unknown): void {
  if (!(error instanceof TokenRevokeError) && !(error instanceof StorageError)) throw error
}
