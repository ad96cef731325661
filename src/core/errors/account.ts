import { GoogleAuthError } from './base.js'

/**
 * The browser that came back from Google belongs to another owner than the one that was asked. Nothing was sent to Google, and
 * nothing was stored.
 */
export class OwnerMismatchError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_OWNER_MISMATCH'

  constructor() {
    super(
      'This request to connect a Google account began for another user of this app, or you are signed out. Sign in to the app, and connect the account again.'
    )
  }
}

/** The owner has not connected this Google account, or none at all. */
export class AccountNotConnectedError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_ACCOUNT_NOT_CONNECTED'
  /** The `sub` of the account; absent where no account is connected. */
  readonly account?: string
  /** Path that connects an account and comes back, where one is known. */
  readonly authorizeUrl?: string
  /** Who has not connected it, where that is known. */
  readonly owner?: string

  /**
   * @param account The `sub` of the account; default: any.
   * @param authorizeUrl Path that connects an account.
   * @param owner Who has not connected it.
   */
  constructor(account?: string, authorizeUrl?: string, owner?: string) {
    super(
      account === undefined
        ? 'No Google account is connected. Connect one first.'
        : `The Google account ${account} is not connected. Connect it first.`
    )
    if (account !== undefined) this.account = account
    if (authorizeUrl !== undefined) this.authorizeUrl = authorizeUrl
    if (owner !== undefined) this.owner = owner
  }
}
