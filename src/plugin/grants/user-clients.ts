import { GrantLostError, TokenRevokeError } from '../../core/errors/grant.js'
import { revokeGrant } from '../../core/provider/revoke.js'
import { tokenInfoUriFor } from '../../core/api/tokeninfo.js'
import { GOOGLE_ISSUER } from '../../core/provider/endpoints.js'
import type { OAuthClient } from '../../core/provider/client-authentication.js'
import type { FastifyBaseLogger } from 'fastify'
import { refreshBy, type Refresh } from '../../core/provider/refresh.js'
import type { StorageFor } from '../../core/storage/storage.js'
import type { RefreshObserver } from '../../core/credentials/stored-credentials.js'
import type { Token } from '../../core/token/token.js'
import type { Background } from '../background-tasks.js'
import { GoogleClient } from '../guard/google-client.js'
import { told } from '../run-hook.js'
import type { Settings } from '../options/options.js'

/** Pauses before a revocation that Google did not confirm is tried again. */
const REVOKE_PAUSES_MS = [1_000, 5_000, 15_000]

export interface GrantsParts {
  settings: Settings
  client: OAuthClient
  storageFor: StorageFor
  background: Background
  log: FastifyBaseLogger
}

/** The grants that users gave: clients to use them by, and their end. */
export class Grants {
  readonly #parts: GrantsParts
  readonly #refresh: Refresh
  /** Only where the tokens come from Google. */
  readonly #tokenInfoUri: string | undefined

  constructor(parts: GrantsParts) {
    this.#parts = parts
    const { issuer = GOOGLE_ISSUER, client } = parts.settings
    this.#tokenInfoUri = issuer === GOOGLE_ISSUER ? tokenInfoUriFor(client.tokenUri) : undefined
    const refresh = refreshBy(parts.client)
    // A refresh brings an ID token too, which has no use here and would be opened with every record.
    this.#refresh = async (latest) => (await refresh(latest)).with({ idToken: undefined })
  }

  /** A client for one user. Nothing is loaded before it is used. */
  clientFor(userId: string): GoogleClient {
    const { settings, storageFor } = this.#parts
    return new GoogleClient(userId, {
      storage: storageFor(userId),
      refresh: this.#refresh,
      rule: settings.originRule,
      tokenInfoUri: this.#tokenInfoUri,
      refreshAheadMs: settings.refreshAheadMs,
      returnRefused: false,
      observer: this.#observer(userId)
    })
  }

  /**
   * Deletes a user's credentials, then has Google end the grant. Returns `null`, or the error of a Google that did not
   * confirm; it is asked again in the background, a bounded number of times.
   */
  async revoke(userId: string): Promise<TokenRevokeError | null> {
    const { storageFor, client, background, log } = this.#parts
    const storage = storageFor(userId)
    const token = await storage.get().catch(unreadable)
    await storage.delete()
    if (token === null) return null
    try {
      await revokeGrant(client, token)
      return null
    } catch (error) {
      if (!(error instanceof TokenRevokeError)) throw error
      log.warn({ err: error, userId }, 'Google did not confirm a revocation yet')
      background.run(this.#revokeLater(userId, token))
      return error
    }
  }

  async #revokeLater(userId: string, token: Token): Promise<void> {
    const { client, settings, background, log } = this.#parts
    let failure: TokenRevokeError | undefined
    for (const pause of REVOKE_PAUSES_MS) {
      await background.pause(pause)
      try {
        return await revokeGrant(client, token)
      } catch (error) {
        failure = error as TokenRevokeError
      }
    }
    log.warn({ err: failure, userId }, 'Google did not confirm that a grant has ended')
    const { onRevokeFailed } = settings.given
    if (failure !== undefined) await told(log, 'onRevokeFailed', () => onRevokeFailed?.(userId, failure))
  }

  #observer(userId: string): RefreshObserver {
    const { background, log, settings } = this.#parts
    return {
      background: (work) => background.run(work),
      backgroundFailed: (error) =>
        log.warn({ err: error, userId }, 'A refresh behind the request failed; a later request tries again'),
      grantLost: async (error) => {
        log.info({ err: error, userId }, 'A grant was lost')
        await told(log, 'onGrantLost', () => settings.given.onGrantLost?.(userId, error))
      }
    }
  }
}

function unreadable(error: unknown): null {
  if (error instanceof GrantLostError) return null
  throw error
}
