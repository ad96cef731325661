import { Credentials, type Sending } from './credentials.js'
import { StoredToken, type StoredTokenOptions } from './stored-token.js'
import type { Storage } from '../storage/storage.js'
import type { Token } from '../token/token.js'

export interface StoredOptions extends StoredTokenOptions, Sending {}

/** Credentials whose token lives in a slot of a `Storage` and is renewed there. */
export class StoredCredentials extends Credentials {
  readonly #stored: StoredToken

  constructor(options: StoredOptions) {
    const stored = new StoredToken(options)
    super((rejected) => stored.get(rejected), options)
    this.#stored = stored
  }

  /** Whether Google granted every one of `scopes` (a list, or one string with spaces); `false` for a lost grant. */
  hasScopes(scopes: string | readonly string[]): Promise<boolean> {
    return this.#stored.hasScopes(scopes)
  }

  protected get storage(): Storage {
    return this.#stored.storage
  }

  /** The token that these credentials have seen last; `null` before they saw any. */
  protected get latest(): Token | null {
    return this.#stored.latest
  }
}
