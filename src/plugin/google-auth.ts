import type { onRequestAsyncHookHandler } from 'fastify'
import type { OAuth2WebServerFlow } from '../core/flow/flow.js'
import type { IdTokenClaims } from '../core/provider/id-token.js'
import type { Storage } from '../core/storage/storage.js'
import type { GoogleClient } from './grants/google-client.js'
import type { GuardOptions } from './guard/guard.js'
import type { StartParams } from './sign-in/start-url.js'
import type { GoogleUser } from './types.js'

/** What the plugin puts on the app, as `app.googleAuth`. */
export interface GoogleAuth {
  /**
   * A hook that lets only signed-in users pass, who granted `scopes`; for `onRequest` of a route or of a whole scope. A
   * browser is sent to sign in and comes back; an API client gets 401 or 403 as JSON. Throws a `TypeError` for other arguments.
   * @example app.get('/events', { onRequest: app.googleAuth.required({ scopes: [CALENDAR] }) }, handler)
   */
  required: (options?: GuardOptions) => onRequestAsyncHookHandler
  /**
   * The path to link to for signing in. Throws a `ReturnToError` or a `ScopeNotDeclaredError`.
   * @example app.googleAuth.startUrl({ returnTo: '/calendar' })
   */
  startUrl: (params?: StartParams) => string
  /** A client outside any request: for jobs and queues. Throws a `TypeError` for what is no user id. */
  clientFor: (userId: string) => GoogleClient
  /** The slot that keeps a user's credentials. Throws a `TypeError` for what is no user id. */
  storageFor: (userId: string) => Storage
  /** The flow that the routes drive. */
  flow: OAuth2WebServerFlow
  /** The verified claims of an ID token that was issued to this app's client. Throws a `VerifyJwtTokenError`. */
  verifyIdToken: (jwt: string) => Promise<IdTokenClaims>
  /** Ends every session of a user; the credentials stay. */
  signOutEverywhere: (userId: string) => Promise<void>
  /**
   * Deletes a user's credentials, ends all sessions and has Google end the grant. Throws a `TokenRevokeError` when Google
   * did not confirm; here all is gone all the same.
   */
  revoke: (userId: string) => Promise<void>
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
     * The signed-in user's way to Google's APIs: `fetch(url)`, `request({ url })`, and `auth` for Google's API clients.
     * Nothing is loaded before it is used. Throws a `LoginRequiredError` (401) when nobody is signed in.
     */
    readonly googleClient: GoogleClient
  }
}
