import type { FastifyReply, FastifyRequest } from 'fastify'
import type { OAuth2WebServerFlow } from '../core/flow/flow.js'
import type { IdTokenClaims } from '../core/provider/id-token-claims.js'
import type { GrantRef, Storage } from '../core/storage/storage.js'
import type { GoogleAccount } from './grants/accounts.js'
import type { GoogleClient } from './grants/google-client.js'
import type { RefreshIdleCounts, RefreshIdleOptions } from './grants/refresh-idle.js'
import type { GrantStatus } from './grants/status.js'
import type { GuardHook, GuardOptions } from './guard/guard-options.js'
import type { StartParams } from './sign-in/start-url.js'
import type { GoogleUser } from './types/user.js'

/** What the plugin puts on the app, as `app.googleAuth`. */
export interface GoogleAuth {
  /**
   * A hook that lets only signed-in users pass, who granted `scopes`; for `onRequest` of a route or of a whole scope. A
   * browser is sent to sign in and comes back; an API client gets 401 or 403 as JSON. Throws a `TypeError` for other arguments.
   * @param options What the user must have granted; default: nothing more than to be signed in.
   * @example app.get('/me', { onRequest: app.googleAuth.required() }, (request) => request.signedInUser)
   */
  required: (options?: GuardOptions) => GuardHook
  /**
   * The path to link to for signing in. Throws a `ReturnToError` or a `ScopeNotDeclaredError`.
   * @param params Where the sign-in ends, and what it asks besides.
   * @example app.googleAuth.startUrl({ returnTo: '/calendar' })
   */
  startUrl: (params?: StartParams) => string
  /**
   * A client outside any request: for jobs and queues. Throws a `TypeError` for what cannot be an id.
   * @param owner The user's `sub`; in connect mode the id that the option `owner` gives.
   * @param account The `sub` of one account; default: the default account.
   */
  clientFor: (owner: string, account?: string) => GoogleClient
  /**
   * The slot that keeps the credentials of a grant. Its `put` imports a grant; its `delete` forgets one and tells Google nothing.
   * Throws a `TypeError` for what cannot be an id.
   * @param owner The user's `sub`; in connect mode the id that the option `owner` gives.
   * @param account The `sub` of one account; default: the default account.
   */
  storageFor: (owner: string, account?: string) => Storage
  /**
   * The Google accounts of an owner: the default one first, then in the order of connecting. One read of the store.
   * @param owner The user's `sub`; in connect mode the id that the option `owner` gives.
   */
  accounts: (owner: string) => Promise<GoogleAccount[]>
  /**
   * Makes an account the default of its owner, in connect mode. Throws an `AccountNotConnectedError`.
   * @param owner The id that the option `owner` gives.
   * @param account The `sub` of a connected account.
   */
  makeDefault: (owner: string, account: string) => Promise<void>
  /**
   * What is known of a grant without asking Google.
   * @param owner The user's `sub`; in connect mode the id that the option `owner` gives.
   * @param account The `sub` of one account; default: the default account.
   */
  status: (owner: string, account?: string) => Promise<GrantStatus>
  /**
   * All grants of the app, in any order and in bounded memory. A grant that exists during the whole listing is listed; one may
   * be listed twice.
   * @param options When to stop.
   * @param options.signal Ends the listing.
   * @example for await (const { owner, account, state } of app.googleAuth.grants()) console.log(owner, account, state)
   */
  grants: (options?: { signal?: AbortSignal }) => AsyncIterable<GrantRef & GrantStatus>
  /**
   * Refreshes every grant that was idle for so long, each once in the fleet: Google ends a grant that was not used for six
   * months. For the scheduler of the app.
   * @param options Which grants, and how many at once.
   * @example await app.googleAuth.refreshIdle({ idleDays: 30 })
   */
  refreshIdle: (options: RefreshIdleOptions) => Promise<RefreshIdleCounts>
  /** The flow that the routes drive. */
  flow: OAuth2WebServerFlow
  /**
   * The verified claims of an ID token that was issued to this app's client. Throws a `VerifyJwtTokenError` or a
   * `HostedDomainError`.
   * @param jwt The ID token, as it came.
   */
  verifyIdToken: (jwt: string) => Promise<IdTokenClaims>
  /**
   * A nonce for Google's button and One Tap (`data-nonce`), which this browser keeps in a cookie. A browser that has one must
   * send a credential with one of its nonces. Throws a `TypeError` without the option `oneTap`.
   * @param request The request of the page.
   * @param reply Its reply, which sets the cookie.
   */
  oneTapNonce: (request: FastifyRequest, reply: FastifyReply) => string
  /**
   * Ends every session of a user; the credentials stay. Rejects with a `TypeError` in connect mode.
   * @param userId The user's `sub`.
   */
  signOutEverywhere: (userId: string) => Promise<void>
  /**
   * Ends one grant, or all of an owner; in sign-in mode the own one ends all, and all sessions. Google is asked when no other
   * owner has a grant of the account. `revokedAtGoogle`: Google confirmed every end. Throws a `TokenRevokeError` when Google did
   * not confirm; here all is gone all the same.
   * @param owner The user's `sub`; in connect mode the id that the option `owner` gives.
   * @param account The `sub` of one account; default: all.
   */
  revoke: (
    owner: string,
    account?: string
  ) => Promise<{
    /** Whether Google confirmed every end. */
    revokedAtGoogle: boolean
  }>
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Google login: guards, links, clients for jobs, and the ends of sessions and grants. */
    googleAuth: GoogleAuth
  }
  interface FastifyRequest {
    /** Who is signed in, from the verified ID token; `null` when nobody is. Costs no access to the store. */
    readonly googleUser: GoogleUser | null
    /** Who is signed in, for handlers behind a guard. Throws a `LoginRequiredError` (401) when nobody is. */
    readonly signedInUser: GoogleUser
    /**
     * The way to Google's APIs for the signed-in user, in connect mode for the default account of the owner: `fetch(url)`, `request({ url })`, and `auth` for Google's API clients.
     * Nothing is loaded before it is used. Throws a `LoginRequiredError` (401) when nobody is signed in.
     */
    readonly googleClient: GoogleClient
    /**
     * A client for one account of the owner whose request this is. Using it for an account that is not connected throws an
     * `AccountNotConnectedError`. Throws a `LoginRequiredError` (401) for nobody.
     * @param account The `sub` of the account.
     */
    readonly googleClientFor: (account: string) => GoogleClient
    /** The Google accounts of the owner whose request this is, the default one first. Throws a `LoginRequiredError` for nobody. */
    readonly googleAccounts: () => Promise<GoogleAccount[]>
  }
}
