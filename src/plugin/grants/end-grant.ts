import type { FastifyBaseLogger } from 'fastify'
import { GrantLostError, TokenRevokeError } from '../../core/errors/grant.js'
import type { OAuthClient } from '../../core/provider/client-authentication.js'
import { revokeGrant } from '../../core/provider/revoke.js'
import type { GrantRef, Storage, StorageFor } from '../../core/storage/storage.js'
import type { Token } from '../../core/token/token.js'
import type { BackgroundTasks } from '../background-tasks.js'
import type { GoogleAuthOptions } from '../types.js'
import { runHook } from '../run-hook.js'

/** Pauses before each further try of a revocation that Google did not confirm. */
const REVOKE_PAUSES_MS = [1_000, 5_000, 15_000]

export interface EndGrantParts {
  client: OAuthClient
  storageFor: StorageFor
  background: BackgroundTasks
  log: FastifyBaseLogger
  onRevokeFailed: GoogleAuthOptions['onRevokeFailed']
}

/**
 * Deletes the credentials of a grant, then revokes it at Google. Returns `null`, or the error when Google did not confirm.
 * Google is then asked again in the background, a few times.
 */
export type EndGrant = (grant: GrantRef) => Promise<TokenRevokeError | null>

export function createEndGrant({ client, storageFor, background, log, onRevokeFailed }: EndGrantParts): EndGrant {
  const failed = async (grant: GrantRef, error: TokenRevokeError): Promise<void> => {
    log.warn({ err: error, ...grant }, 'Google did not confirm that a grant has ended')
    await runHook(log, 'onRevokeFailed', () => onRevokeFailed?.(grant, error))
  }

  const revokeLater = async (grant: GrantRef, token: Token): Promise<void> => {
    let failure: TokenRevokeError | undefined
    for (const pause of REVOKE_PAUSES_MS) {
      await background.pause(pause)
      try {
        // Google ends all grants of an account at once, so this call would also end a new one.
        if (await isGrantedAgain(storageFor(grant.owner, grant.account))) return
        await revokeGrant(client, token)
        return
      } catch (error) {
        failure = error instanceof TokenRevokeError ? error : new TokenRevokeError('storage', error)
      }
    }
    if (failure !== undefined) await failed(grant, failure)
  }

  return async (grant) => {
    const storage = storageFor(grant.owner, grant.account)
    const token = await storage.get().catch(unreadable)
    await storage.delete()
    if (token === null) return null
    if (token === 'unreadable') {
      const error = new TokenRevokeError('unreadable')
      await failed(grant, error)
      return error
    }
    try {
      await revokeGrant(client, token)
      return null
    } catch (error) {
      if (!(error instanceof TokenRevokeError)) throw error
      log.warn({ err: error, ...grant }, 'Google did not confirm a revocation yet')
      background.run(revokeLater(grant, token))
      return error
    }
  }
}

/** `'unreadable'` for a record that does not open: its token is not known, so Google cannot be asked. */
function unreadable(error: unknown): 'unreadable' {
  if (error instanceof GrantLostError) return 'unreadable'
  throw error
}

/** Whether a grant is stored again. Throws a `StorageError`. */
async function isGrantedAgain(storage: Storage): Promise<boolean> {
  const token = await storage.get().catch(unreadable)
  return token === 'unreadable' || (token !== null && token.lost === undefined)
}
