import type { FastifyBaseLogger } from 'fastify'
import type { RefreshObserver } from '../../core/credentials/stored-token.js'
import { tokenInfoUriFor } from '../../core/api/tokeninfo.js'
import { GrantLostError } from '../../core/errors/grant.js'
import type { OAuthClient } from '../../core/provider/client-authentication.js'
import { GOOGLE_ISSUER } from '../../core/provider/endpoints.js'
import { refreshBy, type Refresh } from '../../core/provider/refresh.js'
import type { GrantRef, StorageFor } from '../../core/storage/storage.js'
import type { BackgroundTasks } from '../background-tasks.js'
import { GoogleClient } from './google-client.js'
import type { Settings } from '../options/options.js'
import { runHook } from '../run-hook.js'

export interface UserClientsParts {
  settings: Settings
  client: OAuthClient
  storageFor: StorageFor
  background: BackgroundTasks
  log: FastifyBaseLogger
}

/** Makes the clients that use the grants of users. */
export class UserClients {
  readonly #parts: UserClientsParts
  readonly #refresh: Refresh
  /** Only where the tokens come from Google. */
  readonly #tokenInfoUri: string | undefined

  constructor(parts: UserClientsParts) {
    this.#parts = parts
    const { issuer = GOOGLE_ISSUER, client } = parts.settings
    this.#tokenInfoUri = issuer === GOOGLE_ISSUER ? tokenInfoUriFor(client.tokenUri) : undefined
    this.#refresh = refreshBy(parts.client)
  }

  /** A client for one grant. It reads nothing before its first use. */
  clientFor(grant: GrantRef): GoogleClient {
    const { settings, storageFor } = this.#parts
    return new GoogleClient(grant.account, {
      storage: storageFor(grant.owner, grant.account),
      refresh: this.#refresh,
      rule: settings.originRule,
      maxResponseBytes: settings.maxResponseBytes,
      tokenInfoUri: this.#tokenInfoUri,
      refreshAheadMs: settings.refreshAheadMs,
      returnRefused: false,
      observer: this.#observer(grant)
    })
  }

  /** The stored scopes of a grant; none for a lost one. Throws a `StorageError`. */
  async grantedScopes({ owner, account }: GrantRef): Promise<readonly string[]> {
    try {
      const token = await this.#parts.storageFor(owner, account).get()
      return token?.lost === undefined ? (token?.scopes ?? []) : []
    } catch (error) {
      if (error instanceof GrantLostError) return []
      throw error
    }
  }

  #observer(grant: GrantRef): RefreshObserver {
    const { background, log, settings } = this.#parts
    return {
      background: (work) => background.run(work),
      backgroundFailed: (error) =>
        log.warn({ err: error, ...grant }, 'A refresh behind the request failed. A later request tries again.'),
      grantLost: async (error) => {
        log.info({ err: error, ...grant }, 'A grant was lost')
        await runHook(log, 'onGrantLost', () => settings.given.onGrantLost?.(grant, error))
      }
    }
  }
}
