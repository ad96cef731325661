import { changeWithoutIdToken, withoutIdTokens } from '../core/storage/decorators.js'
import type { Grants } from './grants.js'

/** `grants`, with no ID token written to a record. */
export function grantsWithoutIdTokens(grants: Grants): Grants {
  return {
    storageFor: (owner, account) => withoutIdTokens(grants.storageFor(owner, account)),
    callStorageFor: (owner, account) => withoutIdTokens(grants.callStorageFor(owner, account)),
    store: (grant, change) => grants.store(grant, changeWithoutIdToken(change)),
    list: (owner) => grants.list(owner),
    defaultAccount: (owner) => grants.defaultAccount(owner),
    makeDefault: (owner, account) => grants.makeDefault(owner, account),
    pages: (signal) => grants.pages(signal),
    ends: grants.ends
  }
}
