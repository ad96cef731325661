import { SweptMap } from '../core/lib/swept-map.js'
import { grantName } from '../core/storage/grant-names.js'
import type { GrantRef } from '../core/storage/storage.js'
import { RECORD_LIFE_MS } from './grants.js'

/**
 * Which grants may have a refresh token, by names that tell nothing of the token (`TokenNames`). An entry is written before the
 * record and is never removed, so only the record says whether it is true. All methods throw a `StorageError` when the store
 * cannot be reached.
 */
export interface TokenIndex {
  /** Enters a grant under each of `names`, for as long as a record lives after its last write. */
  enter(names: readonly string[], grant: GrantRef): Promise<void>
  /** The grants that were entered under one of `names`. */
  find(names: readonly string[]): Promise<GrantRef[]>
}

/** An index in the memory of this process. */
export function memoryTokenIndex(now: () => number = Date.now): TokenIndex {
  const entries = new SweptMap<{ grants: Map<string, GrantRef>; endsAt: number }>(now, ({ endsAt }) => endsAt)
  return {
    async enter(names, grant) {
      for (const name of names) {
        const grants = entries.live(name)?.grants ?? new Map<string, GrantRef>()
        grants.set(grantName(grant), grant)
        entries.set(name, { grants, endsAt: now() + RECORD_LIFE_MS })
      }
    },
    async find(names) {
      return names.flatMap((name) => [...(entries.live(name)?.grants.values() ?? [])])
    }
  }
}
