import { GrantLostError } from '../errors/grant.js'
import type { Token } from '../token/token.js'
import type { Storage } from './storage.js'

/** What a slot holds. `'unreadable'`: a record that does not open. */
export type FoundToken = Token | 'unreadable' | null

/** What is stored, without an error for a record that does not open. Throws a `StorageError`. */
export async function found(storage: Storage): Promise<FoundToken> {
  try {
    return await storage.get()
  } catch (error) {
    if (error instanceof GrantLostError) return 'unreadable'
    throw error
  }
}
