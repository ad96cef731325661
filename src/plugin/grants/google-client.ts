import { StoredCredentials, type StoredOptions } from '../../core/credentials/stored-credentials.js'
import { GrantLostError } from '../../core/errors/grant.js'
import { printsAs } from '../../core/lib/redact.js'
import type { Fetch } from '../../core/lib/url.js'
import type { GrantRef } from '../../core/storage/storage.js'
import type { Token } from '../../core/token/token.js'

/** A client for Google's APIs, with the credentials of one grant. Each request has its own, so none is used after a sign-out. */
export class GoogleClient extends StoredCredentials {
  readonly #grant: () => GrantRef | undefined
  #fetch: Fetch | undefined

  /**
   * @param grant The grant, as soon as it is known.
   * @param options Where the token is stored, how it is refreshed and where it may be sent.
   */
  constructor(grant: () => GrantRef | undefined, options: StoredOptions) {
    super(options)
    this.#grant = grant
  }

  /**
   * The `sub` of the Google account. A client for the default account of an owner has none before its first use, and then stays
   * with that account.
   */
  get user(): string | undefined {
    return this.#grant()?.account
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

  /**
   * A token that can be sent now, other than the one that an API has just `rejected`. Throws a `GrantLostError` that names the
   * grant, an `AccountNotConnectedError`, or an error for trouble that passes.
   * @param rejected The token that an API has just refused. To force a refresh, pass the present one.
   */
  override async token(rejected?: Token): Promise<Token> {
    try {
      return await super.token(rejected)
    } catch (error) {
      const grant = this.#grant()
      if (error instanceof GrantLostError && grant !== undefined) error.grant ??= { ...grant }
      throw error
    }
  }
}

printsAs(GoogleClient, ({ user }) => ({ user }))
