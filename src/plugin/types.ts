import type { GrantLostError, TokenRevokeError } from '../core/errors/grant.js'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Cluster, Redis } from 'ioredis'
import type { StorageFor } from '../core/storage/storage.js'

/** Who is signed in, from the verified ID token. */
export interface GoogleUser {
  /** The user's id at Google: the only stable name, use it as your key. */
  sub: string
  email?: string
  emailVerified?: boolean
  name?: string
  givenName?: string
  familyName?: string
  picture?: string
  /** The Google Workspace domain that the account belongs to. */
  hostedDomain?: string
  /** What Google granted, sign-in scopes by their short names. */
  scopes: string[]
  /** Milliseconds since the epoch. */
  signedInAt: number
}

/** What is thrown at a browser or an API client: one of ours, or what a hook of the app threw. */
export type ErrorPage = (
  error: Error & { code?: string; statusCode?: number },
  request: FastifyRequest,
  reply: FastifyReply
) => string

export interface SignIn {
  user: GoogleUser
  grantedScopes: string[]
  /** Nothing was stored for this user before. */
  firstSignIn: boolean
}

/** Options of the plugin; docs/options.md tells each at length. */
export interface GoogleAuthOptions {
  /** The OAuth client: exactly one of `clientSecretsFile`, `clientSecrets`, or `clientId` with `clientSecret`. */
  clientSecretsFile?: string
  clientSecrets?: object
  clientId?: string
  clientSecret?: string
  redirectUri?: string
  scopes?: string | readonly string[]
  /** 32 or more characters, or a list: the first seals, all open. */
  secret: string | readonly string[]
  redis?: string | Redis | Cluster
  /** Replicas that must have a credential write before it counts (Redis `WAIT`). */
  redisReplicas?: number
  storage?: StorageFor
  /** Options for @fastify/session, used when the app has not registered it itself. */
  session?: Record<string, unknown>
  startPath?: string
  returnPath?: string
  signOutPath?: string
  revokePath?: string
  defaultReturnTo?: string
  accessType?: 'offline' | 'online'
  hostedDomain?: string | readonly string[]
  issuer?: string
  apiOrigins?: readonly string[]
  /** Seconds. */
  refreshAhead?: number
  /** Seconds. */
  clockTolerance?: number
  errorPage?: ErrorPage
  /** Before the session is written; throwing refuses the sign-in. */
  onSignIn?: (request: FastifyRequest, signIn: SignIn) => Promise<void> | void
  /** After the session has ended; an error is logged. */
  onSignOut?: (request: FastifyRequest, user: GoogleUser) => Promise<void> | void
  /** Google declared a grant dead; told once per grant; an error is logged. */
  onGrantLost?: (userId: string, error: GrantLostError) => Promise<void> | void
  /** After credentials and sessions are gone; an error is logged. */
  onRevoke?: (userId: string) => Promise<void> | void
  /** Google did not confirm a revocation, also not after the retries; an error is logged. */
  onRevokeFailed?: (userId: string, error: TokenRevokeError) => Promise<void> | void
}
