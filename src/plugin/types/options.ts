import type { FastifySessionOptions } from '@fastify/session'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { GrantLostError, TokenRevokeError } from '../../core/errors/grant.js'
import type { GrantRef, StorageFor } from '../../core/storage/storage.js'
import type { RedisClient } from '../../redis/commands.js'
import type { ConnectEvent, SecurityEventNotice, SignInEvent } from './events.js'
import type { GoogleUser } from './user.js'

/**
 * Gives the HTML for a browser.
 * @param error One of ours, or what a hook of the app threw.
 * @param request The request that failed.
 * @param reply Its reply, for headers; status and body are set by the plugin.
 */
export type ErrorPage = (
  error: Error & { code?: string; statusCode?: number },
  request: FastifyRequest,
  reply: FastifyReply
) => string

/** What security events are received. */
export interface RiscOptions {
  /** The ids of other clients of the same Cloud project, whose events count here too. */
  audiences: readonly string[]
}

/** Codes that the route at `codePath` takes. Both come without PKCE and without a nonce. */
export interface CodesOptions {
  /** Of Google's code client in popup mode. */
  popup?: boolean
  /** Of an Android or iOS app. */
  mobile?: boolean
}

/** Whose ID tokens count as bearer tokens. */
export interface BearerOptions {
  /** The `aud` that a token may have: client ids, or the audience that a service of Google was given. */
  audiences?: string[]
}

/** Limits of the cache. */
export interface CacheOptions {
  /** The most records that are kept: two for each user. Default 20,000. */
  maxEntries?: number
  /** How long a record is used at most, in milliseconds, without asking Redis again. Default 5,000. */
  maxAgeMs?: number
}

/** Options of the plugin. */
export interface GoogleAuthOptions {
  /**
   * The path of client_secrets.json, as the Google console gives it. Exactly one of `clientSecretsFile`, `clientSecrets`,
   * or `clientId` with `clientSecret` is needed.
   */
  clientSecretsFile?: string
  /** The parsed content of client_secrets.json. */
  clientSecrets?: object
  /** The OAuth client's id, with `clientSecret`. */
  clientId?: string
  /** The OAuth client's secret, with `clientId`. */
  clientSecret?: string
  /**
   * The absolute URL of the return route, as registered in the Google console: https, or http on a loopback host. Default:
   * the one redirect URI of the secrets file that has the path `returnPath`. Never taken from the Host header.
   * @example 'https://app.example.com/auth/return'
   */
  redirectUri?: string
  /**
   * The scopes asked for at every sign-in; `openid` is always among them. Default `['openid', 'email', 'profile']`.
   * Ask for others where they are needed, with `app.googleAuth.required({ scopes })`.
   */
  scopes?: string | readonly string[]
  /**
   * The secret that cookies and stored records are sealed with: 32 or more characters, or a list of such. The first of a
   * list seals, all of them open; to rotate, put a new one in front and take the old one away after `signInLifetime`, when
   * `refreshIdle()` has renewed the grants: what only the old one opens is lost.
   * @example process.env.AUTH_SECRET // openssl rand -base64 48
   */
  secret: string | readonly string[]
  /**
   * Where sessions and credentials are kept: a URL, or an ioredis `Redis` or `Cluster`. A connection made from a URL is
   * closed with the app. Default: memory, with a warning.
   * @example process.env.REDIS_URL
   */
  redis?: string | RedisClient
  /** How many replicas must have a write of credentials before it counts (Redis `WAIT`). Default 0. */
  redisReplicas?: number
  /**
   * Keeps sessions and opened credentials in the process, so that a warm request asks Redis nothing. Redis tells each process
   * of changes (client-side caching): a sign-out, revocation or refresh elsewhere usually counts here within milliseconds, and
   * after `maxAgeMs` at the latest. Default: off. Not for a Cluster.
   */
  cache?: boolean | CacheOptions
  /**
   * `true`: a route takes what Google's button and One Tap post. Default: off. See `credentialPath`.
   * @see https://developers.google.com/identity/gsi/web/guides/overview
   */
  oneTap?: boolean
  /** The path of that route: the button's `data-login_uri`. Default `/auth/credential`. */
  credentialPath?: string
  /** Codes that a route takes: of Google's script in a popup, or of an app on a phone (`serverAuthCode`). Default: none. */
  codes?: CodesOptions
  /** The path of that route. Default `/auth/code`. */
  codePath?: string
  /**
   * Routes may take ID tokens of Google as bearer tokens, by `required({ bearer: true })`. `audiences`: for which clients or
   * services the tokens are made. Default: off; with `true` the client id of this app.
   */
  bearer?: boolean | BearerOptions
  /**
   * Keeps credentials somewhere else: gives the slot of a grant. For somebody who signs in, `owner` and `account` are both the
   * user's `sub`. The list of accounts stays with the plugin, in Redis.
   * Default: Redis when `redis` is given, else memory.
   */
  storage?: StorageFor
  /**
   * Options for @fastify/session, used when the app has not registered it itself. Its `secret` is the option `secret`. By
   * default a session ends 14 days after it was last written; `rolling: true` writes it at every request.
   * @example { cookie: { maxAge: 7 * 86_400_000 } }
   */
  session?: Partial<Omit<FastifySessionOptions, 'secret'>>
  /** Seconds after which a sign-in counts no more, however often its session was renewed. Default 30 days. */
  signInLifetime?: number
  /**
   * Connect mode: gives the id of the app's own user whose request this is, `null` or `undefined` for nobody. The plugin then
   * signs nobody in and needs no sessions; it connects Google accounts to these users. What finds the user must run in an
   * `onRequest` hook that is registered before this plugin, by a cookie with `SameSite=Lax`.
   * @param request The request.
   */
  owner?: (request: FastifyRequest) => string | null | undefined
  /** The path that starts a sign-in. Default `/auth/start`. */
  startPath?: string
  /** The path that Google sends the browser back to; `redirectUri` must have it. Default `/auth/return`. */
  returnPath?: string
  /** The path that ends a session, by POST. Default `/auth/signout`. */
  signOutPath?: string
  /** The path that ends a grant and all sessions of its user, by POST. Default `/auth/revoke`. */
  revokePath?: string
  /** The path that Google posts security events to; see `risc`. Default `/auth/risc`. */
  riscPath?: string
  /**
   * Receives security events of Google (Cross-Account Protection) by POST on `riscPath`: sessions and grants of an account that
   * was hijacked, disabled or signed out everywhere end here as well. Register the URL with
   * `npx fastify-google-auth risc register`. Default off.
   * @see https://developers.google.com/identity/protocols/risc
   */
  risc?: boolean | RiscOptions
  /** Where a sign-in ends for which no `return_to` was given. Default `/`. */
  defaultReturnTo?: string
  /**
   * Origins besides that of `redirectUri` that may POST to the plugin's routes, open guarded WebSockets, and be the origin of an
   * absolute `return_to`: a single-page app on another port or host of the same site. Default none.
   * @example ['http://localhost:5173']
   */
  trustedOrigins?: readonly string[]
  /**
   * Keys of the session of somebody who was not signed in that a sign-in keeps. Default: none. An attacker who planted a session
   * must not find its data in it after a sign-in.
   * @example ['cart']
   */
  keepAtSignIn?: readonly string[]
  /** The name of the app on the built-in pages, with at most 60 characters. */
  appName?: string
  /** Its logo there: a path of this site, or an https URL. */
  appLogo?: string
  /** The color of buttons there, as `#rrggbb`. */
  appColor?: string
  /** `'offline'` (default) asks for a refresh token, `'online'` for none. */
  accessType?: 'offline' | 'online'
  /**
   * The Google Workspace domain, or the domains, whose accounts may sign in; `'*'` for any. It is checked on the verified
   * claim `hd`, and at each request, so that restricting it ends the sessions of others at once.
   */
  hostedDomain?: string | readonly string[]
  /**
   * The name of the security scheme that your OpenAPI document has for the session. Routes with a guard name it in their schema, so
   * that @fastify/swagger lists them as such. The document must declare it. Default: schemas of routes stay as they are.
   * @example 'session'
   */
  securityScheme?: string
  /** Another OpenID provider, read by discovery. Default `https://accounts.google.com`. */
  issuer?: string
  /**
   * The only origins to which API calls take a token; `*` stands for one or more labels. Default
   * `['https://*.googleapis.com']`.
   */
  apiOrigins?: readonly string[]
  /**
   * The most that `googleClient.request()` reads of one answer, in bytes after decompression; more is a
   * `ResponseTooLargeError`. Streams are not bounded. Default 64 MiB.
   */
  maxResponseBytes?: number
  /** Seconds before its end at which a token is renewed, behind the request that found it. Default 300. */
  refreshAhead?: number
  /** Seconds that clocks may differ by, for every time claim. Default 60. */
  clockTolerance?: number
  /** Gives the HTML that a browser gets whose sign-in failed. Default: a small built-in page. */
  errorPage?: ErrorPage
  /**
   * Told before a sign-in counts. To refuse it, throw: nothing is stored then. An error with a `statusCode` below 500 is
   * shown with its message and a way to choose another account; any other is answered as the app's own errors are.
   * @param request The request that came back from Google.
   * @param signIn Who signs in.
   */
  onSignIn?: (request: FastifyRequest, signIn: SignInEvent) => Promise<void> | void
  /**
   * Told after a session has ended by `/auth/signout`. An error in it is logged.
   * @param request The request that ended it.
   * @param user Who was signed in.
   */
  onSignOut?: (request: FastifyRequest, user: GoogleUser) => Promise<void> | void
  /**
   * Told before an account counts as connected, in connect mode and when a signed-in user adds one. To refuse it, throw, as in
   * `onSignIn`: a first grant is then ended at Google where nobody else holds the account, an earlier one stays as it was.
   * @param request The request that came back from Google.
   * @param connected Whose account it is, and what it grants.
   */
  onConnect?: (request: FastifyRequest, connected: ConnectEvent) => Promise<void> | void
  /**
   * Told once for each grant that Google declared dead, or that a security event ended (`risc`). Sessions go on: to end those of
   * a user whose own account it is, call `app.googleAuth.signOutEverywhere(owner)`. An error in it is logged.
   * @param grant Whose grant it was.
   * @param error Why it was lost: `reason`, and a guess in `likelyCause`.
   */
  onGrantLost?: (grant: GrantRef, error: GrantLostError) => Promise<void> | void
  /**
   * Told after credentials and sessions are gone. An error in it is logged.
   * @param grant Whose grant it was.
   */
  onRevoke?: (grant: GrantRef) => Promise<void> | void
  /**
   * Told when Google did not confirm a revocation, also not after the retries. An error in it is logged.
   * @param grant Whose grant it was.
   * @param error Why it is not confirmed.
   */
  onRevokeFailed?: (grant: GrantRef, error: TokenRevokeError) => Promise<void> | void
  /**
   * Told of a security event of Google after its effects are stored, at most once for each event in the whole fleet. An error in
   * it is logged. Needs the option `risc`.
   * @param event What happened, and whom it is about.
   */
  onSecurityEvent?: (event: SecurityEventNotice) => Promise<void> | void
}
