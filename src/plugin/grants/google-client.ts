import type { Fetch } from '../../core/lib/url.js'
import { printsAs } from '../../core/lib/redact.js'
import { StoredCredentials, type StoredOptions } from '../../core/credentials/stored-credentials.js'

/** A user's way to Google's APIs: made anew for every request, so that no answer outlives a sign-out. */
export class GoogleClient extends StoredCredentials {
  /** The user's `sub`. */
  readonly user: string
  #fetch: Fetch | undefined

  /**
   * @param user The user's `sub`.
   * @param options Where the token is stored, how it is refreshed and where it may be sent.
   */
  constructor(user: string, options: StoredOptions) {
    super(options)
    this.user = user
  }

  /**
   * As the standard `fetch`, with the user's token; after a 401 it refreshes once and asks once more. Throws an
   * `OriginNotAllowedError` before anything is sent to an origin outside `apiOrigins`. The size of the answer is not bounded:
   * that is for the caller to do, who reads it.
   * @param args What `fetch` takes.
   */
  fetch(...args: Parameters<Fetch>): Promise<Response> {
    this.#fetch ??= this.authorize()
    return this.#fetch(...args)
  }
}

printsAs(GoogleClient, ({ user }) => ({ user }))
