/**
 * The plugin, and everything that `fastify-google-auth/core` exports. Once registered, `app.googleAuth` is a `GoogleAuth`, and
 * requests have:
 *
 * - `request.googleUser`: a `GoogleUser`, or `null` when nobody is signed in.
 * - `request.signedInUser`: the same behind a guard. Throws a `LoginRequiredError` (401) when nobody is signed in.
 * - `request.googleClient`: a `GoogleClient` for that user. Throws as `signedInUser` does.
 * - `request.googleAccounts()`: the `GoogleAccount`s of that user, and `request.googleClientFor(account)`: a client for one.
 * @module fastify-google-auth
 */
export * from './core.js'

export { googleAuth, googleAuth as default } from './plugin/plugin.js'
export { GoogleClient } from './plugin/grants/google-client.js'

export type { GoogleAuth } from './plugin/google-auth.js'
export type { GoogleAccount } from './plugin/grants/accounts.js'
export type { RefreshIdleCounts, RefreshIdleOptions } from './plugin/grants/refresh-idle.js'
export type { GrantStatus } from './plugin/grants/status.js'
export type { GuardHook, GuardOptions } from './plugin/guard/guard-options.js'
export type { StartParams } from './plugin/sign-in/start-url.js'
export type {
  BearerOptions,
  CacheOptions,
  CodesOptions,
  ErrorPage,
  GoogleAuthOptions,
  RiscOptions
} from './plugin/types/options.js'
export type { ConnectEvent, SecurityEventNotice, SignInEvent } from './plugin/types/events.js'
export type { GoogleUser } from './plugin/types/user.js'
