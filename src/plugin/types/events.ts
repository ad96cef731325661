import type { GrantRef } from '../../core/storage/storage.js'
import type { AccountProfile } from '../../core/token/token.js'
import type { GoogleUser } from './user.js'

/** A sign-in, as `onSignIn` is told of it. */
export interface SignInEvent {
  /** Who signs in. */
  user: GoogleUser
  /** What Google grants, sign-in scopes by their short names; the same as `user.scopes`. */
  grantedScopes: string[]
  /** Nothing was stored for this user before. */
  firstSignIn: boolean
}

/** A connected account, as `onConnect` is told of it. */
export interface ConnectEvent extends GrantRef {
  /** Who the account belongs to, from the verified ID token. */
  profile: AccountProfile
  /** What Google grants, sign-in scopes by their short names. */
  grantedScopes: string[]
  /** Nothing was stored for this owner and account before, not even a lost grant. */
  firstConnect: boolean
}

/** A security event of Google, as `onSecurityEvent` is told of it. */
export interface SecurityEventNotice {
  /**
   * `sessions-revoked`, `tokens-revoked`, `token-revoked`, `account-disabled`, `account-enabled`,
   * `account-credential-change-required` or `verification`; for any other event, its URI.
   */
  type: string
  /** The `sub` of the account, where it is known. */
  account?: string
  /** The owners that have a grant of the account or, in sign-in mode, are signed in with it; for `token-revoked`, those of the token. */
  owners: string[]
  /** Google's reason, such as `hijacking`. */
  reason?: string
  /** What was sent for verification. */
  state?: string
}
