import type { Fetch } from '../../core/lib/url.js'
import { printsAs } from '../../core/lib/redact.js'
import { StoredCredentials, type StoredOptions } from '../../core/credentials/stored-credentials.js'

/** A client for Google's APIs, with the credentials of one user. Each request has its own, so none is used after a sign-out. */
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
   * As the standard `fetch`, with the user's token. After a 401 it refreshes the token and sends the request once more. Throws
   * an `OriginNotAllowedError` before anything is sent to an origin outside `apiOrigins`.
   * @param args What `fetch` takes.
   */
  fetch(...args: Parameters<Fetch>): Promise<Response> {
    this.#fetch ??= this.authorize()
    return this.#fetch(...args)
  }
}

printsAs(GoogleClient, ({ user }) => ({ user }))
