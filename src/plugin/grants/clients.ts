import type { FastifyBaseLogger } from 'fastify'
import { tokenInfoUriFor } from '../../core/api/tokeninfo.js'
import type { StoredOptions } from '../../core/credentials/stored-credentials.js'
import { StoredToken, type RefreshObserver } from '../../core/credentials/stored-token.js'
import { AccountNotConnectedError } from '../../core/errors/account.js'
import { AccessTokenRefreshError } from '../../core/errors/grant.js'
import type { OAuthClient } from '../../core/provider/client-authentication.js'
import { GOOGLE_ISSUER } from '../../core/provider/endpoints.js'
import { refreshBy, type Refresh } from '../../core/provider/refresh.js'
import { deferred, required } from '../../core/storage/decorators.js'
import type { GrantRef, Storage } from '../../core/storage/storage.js'
import type { Grants } from '../../grants/grants.js'
import type { BackgroundTasks } from '../background-tasks.js'
import type { Settings } from '../options/options.js'
import { EVENT } from '../log-events.js'
import { GoogleClient } from './google-client.js'
import { createTellGrantLost } from './tell-grant-lost.js'

export interface ClientsParts {
  settings: Settings
  client: OAuthClient
  grants: Grants
  background: BackgroundTasks
  log: FastifyBaseLogger
}

/** Makes what uses a grant: clients for Google's APIs, and the refreshes of jobs. */
export class Clients {
  readonly #parts: ClientsParts
  readonly #refresh: Refresh
  readonly #refreshOnce: Refresh
  /** Only where the tokens come from Google. */
  readonly #tokenInfoUri: string | undefined

  constructor(parts: ClientsParts) {
    this.#parts = parts
    const { issuer = GOOGLE_ISSUER } = parts.settings
    this.#tokenInfoUri = issuer === GOOGLE_ISSUER ? tokenInfoUriFor(parts.settings.client.tokenUri) : undefined
    this.#refresh = refreshBy(parts.client)
    this.#refreshOnce = refreshBy(parts.client, 1)
  }

  /** A client for one grant, or for the default account of an owner. It reads nothing before its first use. */
  clientFor(owner: string, account?: string): GoogleClient {
    const { settings } = this.#parts
    const own = { owner, account: owner }
    if (account !== undefined || settings.isOwn(own)) {
      const grant = account === undefined ? own : { owner, account }
      return this.#client(() => grant, this.storageOf(grant))
    }
    let grant: GrantRef | undefined
    const storage = deferred(async () => {
      const first = grant ?? (await this.#defaultGrant(owner))
      // Of two uses at once, the one that learned its account first decides for both.
      grant ??= first
      return this.storageOf(grant)
    })
    return this.#client(() => grant, storage)
  }

  /** A client for somebody who owns no grants: each use rejects with an `AccountNotConnectedError`. */
  notConnected(): GoogleClient {
    const storage = deferred(() => Promise.reject(new AccountNotConnectedError()))
    return this.#client(() => undefined, storage)
  }

  /** The token of a grant, and the rule by which it is refreshed. `once`: trouble that passes is for the caller to wait for. */
  tokenOf(grant: GrantRef, { once = false } = {}): StoredToken {
    const { storageFor } = this.#parts.grants
    const storage = storageFor(grant.owner, grant.account)
    const refresh = once ? this.#refreshOnce : this.#refresh
    return new StoredToken({ storage, refresh, observer: this.#observer(() => grant) })
  }

  /** The slot of a grant for API calls: a missing grant of another account than one's own is not connected. */
  storageOf(grant: GrantRef): Storage {
    const { settings, grants } = this.#parts
    const storage = grants.callStorageFor(grant.owner, grant.account)
    const { owner, account } = grant
    return settings.isOwn(grant)
      ? storage
      : required(storage, () => new AccountNotConnectedError(account, undefined, owner))
  }

  async #defaultGrant(owner: string): Promise<GrantRef> {
    const account = await this.#parts.grants.defaultAccount(owner)
    if (account === null) throw new AccountNotConnectedError(undefined, undefined, owner)
    return { owner, account }
  }

  #client(grant: () => GrantRef | undefined, storage: Storage): GoogleClient {
    const { settings } = this.#parts
    const options: StoredOptions = {
      storage,
      refresh: this.#refresh,
      rule: settings.originRule,
      maxResponseBytes: settings.maxResponseBytes,
      tokenInfoUri: this.#tokenInfoUri,
      refreshAheadMs: settings.refreshAheadMs,
      returnRefused: false,
      observer: this.#observer(grant)
    }
    return new GoogleClient(grant, options)
  }

  #observer(grantOf: () => GrantRef | undefined): RefreshObserver {
    const { background, log, settings } = this.#parts
    const tellGrantLost = createTellGrantLost(settings.given, log)
    return {
      grant: grantOf,
      background: (work) => background.run(work),
      refreshed: () => log.debug({ event: EVENT.refresh, outcome: 'refreshed', ...grantOf() }, 'A token was refreshed'),
      refreshFailed: (error) => {
        const { reason } = error
        const facts = { event: EVENT.refresh, outcome: 'failed', reason, ...grantOf(), err: error }
        log.warn(facts, 'A refresh failed. A later request tries again.')
      },
      backgroundFailed: (error) => {
        if (error instanceof AccessTokenRefreshError) return
        log.warn({ err: error, ...grantOf() }, 'What a refresh behind the request brought could not be stored.')
      },
      grantLost: async (error) => {
        const grant = grantOf()
        if (grant !== undefined) await tellGrantLost(grant, error)
      }
    }
  }
}
