import { StorageError } from '../core/errors/storage.js'
import type { TokenNames } from '../core/risc/token-names.js'
import type { Change, GrantRef, Storage } from '../core/storage/storage.js'
import type { Token } from '../core/token/token.js'
import type { Grants } from './grants.js'
import type { TokenIndex } from './token-index.js'

/**
 * `grants`, with each refresh token entered in the index before it is stored. A record and its entries lie in different slots of
 * a Cluster, so no step can write both; and an entry without a record does no harm.
 * @param failed Told when the entry of a refreshed token could not be written. That token is stored all the same, because it may
 * be the only one that works; the next refresh writes the entry. The entry takes the command that a lease has to spare (`LEASE_MS`).
 */
export function grantsWithTokenIndex(
  grants: Grants,
  index: TokenIndex,
  names: TokenNames,
  failed: (error: StorageError, grant: GrantRef) => void
): Grants {
  const enter = async (grant: GrantRef, { refreshToken }: Token): Promise<void> => {
    if (refreshToken !== undefined) await index.enter(names.of(refreshToken), grant)
  }
  const entering = (grant: GrantRef, change: Change): Change => {
    return async (current) => {
      const next = await change(current)
      if (next === current || next === null) return next
      await enter(grant, next).catch((error: unknown) => {
        if (current === null || !(error instanceof StorageError)) throw error
        failed(error, grant)
      })
      return next
    }
  }
  const indexed = (storage: Storage, grant: GrantRef): Storage => ({
    get: () => storage.get(),
    put: async (token) => {
      await enter(grant, token)
      await storage.put(token)
    },
    delete: () => storage.delete(),
    update: (change, options) => storage.update(entering(grant, change), options)
  })
  return {
    storageFor: (owner, account) => indexed(grants.storageFor(owner, account), { owner, account }),
    callStorageFor: (owner, account) => indexed(grants.callStorageFor(owner, account), { owner, account }),
    store: (grant, change) => grants.store(grant, entering(grant, change)),
    list: (owner) => grants.list(owner),
    defaultAccount: (owner) => grants.defaultAccount(owner),
    makeDefault: (owner, account) => grants.makeDefault(owner, account),
    pages: (signal) => grants.pages(signal),
    ends: grants.ends
  }
}
