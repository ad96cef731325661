import type { StorageFor } from '../core/storage/storage.js'
import { changes } from './contract/changes.js'
import { content } from './contract/content.js'
import { names } from './contract/names.js'
import { turns } from './contract/turns.js'
import { voided } from './contract/voided.js'

/** One promise of a storage. */
export interface StorageCheck {
  /** What is promised, for the title of a test. */
  name: string
  /** Rejects with an `AssertionError` that says what is wrong with the storage. */
  run: () => Promise<void>
}

/**
 * What every storage of credentials must promise, for any test runner: run each, in any order. They use owners and accounts with
 * random names, and delete what they store. A storage that other processes share is checked best by a `makeStorage` that gives a
 * storage of one connection and of another in turn. Throws a `TypeError` for another argument.
 * @param makeStorage As the option `storage`: the slot of an owner and account.
 */
export function storageContract(makeStorage: StorageFor): StorageCheck[] {
  if (typeof makeStorage !== 'function')
    throw new TypeError('storageContract() takes a function (owner, account) => Storage, as the option storage does.')
  return [...content, ...changes, ...turns, ...voided, ...names].map(({ name, check }) => ({
    name,
    run: () => check(makeStorage)
  }))
}
