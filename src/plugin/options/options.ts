import type { OriginRule } from '../../core/api/origins.js'
import { REFRESH_AHEAD_MS } from '../../core/credentials/stored-token.js'
import { sha256 } from '../../core/lib/sha256.js'
import { GOOGLE_ISSUER } from '../../core/provider/endpoints.js'
import { CLOCK_TOLERANCE_S } from '../../core/provider/id-token.js'
import type { GrantRef } from '../../core/storage/storage.js'
import type { CacheLimits } from '../../redis/reads/cache.js'
import type { GoogleAuthOptions } from '../types/options.js'
import { DEFAULT_PATHS, checkDefaultReturnTo, checkPaths, checkSecurityScheme, type Paths } from './route-options.js'
import { check, checkBytes, isObject, seconds } from './check.js'
import { checkAccessType, checkDomains, checkKeys, checkScopes, checkSecrets } from './sign-in-options.js'
import { checkCache, checkRedis, checkReplicas } from './redis-options.js'
import { checkIssuer, checkOrigins, checkTrustedOrigins } from './origin-options.js'
import { checkClient, checkRedirectUri, type CheckedClient } from './client-options.js'
import { checkBrand, type Brand } from './brand-options.js'
import { checkDoors, type DoorSettings } from './door-options.js'
import { checkOwner } from './owner-options.js'
import { checkRisc, type RiscSettings } from './risc-options.js'
import { checkSession, type SessionOptions } from './session-options.js'

/** How long a sign-in counts by default: thirty days. */
const SIGN_IN_LIFETIME_S = 30 * 86_400

const FUNCTIONS = [
  'storage',
  'owner',
  'errorPage',
  'onSignIn',
  'onSignOut',
  'onConnect',
  'onGrantLost',
  'onRevoke',
  'onRevokeFailed',
  'onSecurityEvent'
] as const satisfies (keyof GoogleAuthOptions)[]

/** The options after their check: copied, with all defaults. No other code checks them again. */
export interface Settings extends DoorSettings {
  client: Omit<CheckedClient, 'redirectUris'>
  /** The name of this OAuth client. Keys in Redis, sealed data and cookie names are bound to it. */
  clientNames: readonly [issuer: string, clientId: string]
  redirectUri: URL
  /** Those of the client secrets file. */
  registeredUris: readonly string[]
  scopes: string[]
  secrets: readonly [string, ...string[]]
  /** As in a URL, with the prefix of the scope. */
  paths: Paths
  prefix: string
  defaultReturnTo: string
  trustedOrigins: string[]
  keepAtSignIn: string[]
  signInLifetimeMs: number
  accessType: 'offline' | 'online'
  hostedDomains: string[]
  /** The option `hostedDomain` was given, and is undefined. */
  lacksDomain: boolean
  securityScheme: string | undefined
  issuer: string | undefined
  originRule: OriginRule
  maxResponseBytes: number | undefined
  refreshAheadMs: number
  clockToleranceS: number
  redisReplicas: number
  /** `null`: no cache. */
  cache: CacheLimits | null
  session: SessionOptions
  /** `null`: no security events are received. */
  risc: RiscSettings | null
  brand: Brand
  /** Whether users sign in with Google; `false` in connect mode, with the option `owner`. */
  signsIn: boolean
  /** Whether the grant is that of a user who signs in: owner and account are one. */
  isOwn: (grant: GrantRef) => boolean
  /** Whether several accounts of an owner can be kept. */
  keepsAccounts: boolean
  given: Readonly<Pick<GoogleAuthOptions, 'redis' | (typeof FUNCTIONS)[number]>>
}

const KNOWN = new Set<string>([
  'clientSecretsFile',
  'clientSecrets',
  'clientId',
  'clientSecret',
  'redirectUri',
  'scopes',
  'secret',
  'redis',
  'redisReplicas',
  'cache',
  'oneTap',
  'codes',
  'bearer',
  'session',
  'appName',
  'appLogo',
  'appColor',
  'signInLifetime',
  'risc',
  'defaultReturnTo',
  'trustedOrigins',
  'keepAtSignIn',
  'accessType',
  'hostedDomain',
  'securityScheme',
  'issuer',
  'apiOrigins',
  'maxResponseBytes',
  'refreshAhead',
  'clockTolerance',
  ...Object.keys(DEFAULT_PATHS),
  ...FUNCTIONS,
  // Options that Fastify itself reads.
  'prefix',
  'logLevel',
  'logSerializers'
])

/**
 * The settings of a plugin in a scope with this `prefix`. Throws a `TypeError` that names the wrong option, what it must be
 * and what to do, or a client secrets error.
 */
export async function checkOptions(options: GoogleAuthOptions, prefix: string): Promise<Settings> {
  if (!isObject(options)) throw new TypeError('The options of fastify-google-auth must be an object.')
  check(
    !(options as { prefix?: unknown }).prefix,
    'prefix',
    'has no effect on this plugin',
    `Set ${Object.keys(DEFAULT_PATHS).join(', ')}, or register the plugin in a scope that has the prefix.`
  )
  for (const name of Object.keys(options)) {
    check(KNOWN.has(name), name, 'is not known', 'Check its spelling against the table of options in the README.')
  }
  for (const name of FUNCTIONS) {
    const valid = options[name] === undefined || typeof options[name] === 'function'
    check(valid, name, 'must be a function', 'Leave it out, or pass a function.')
  }
  const secrets = checkSecrets(options.secret)
  const paths = checkPaths(options, prefix)
  const { redirectUris, ...client } = await checkClient(options)
  const redirectUri = checkRedirectUri(options.redirectUri, redirectUris, paths.return)
  const trustedOrigins = checkTrustedOrigins(options.trustedOrigins)
  const issuer = checkIssuer(options.issuer)
  checkRedis(options.redis)
  checkOwner(options)
  const { clientId, clientSecret } = client
  const signsIn = options.owner === undefined
  return {
    client: issuer === undefined ? client : { clientId, clientSecret },
    clientNames: [issuer ?? GOOGLE_ISSUER, clientId],
    redirectUri,
    registeredUris: redirectUris,
    scopes: checkScopes(options.scopes),
    secrets,
    paths,
    prefix,
    defaultReturnTo: checkDefaultReturnTo(options.defaultReturnTo, redirectUri.origin, trustedOrigins),
    trustedOrigins,
    keepAtSignIn: checkKeys(options.keepAtSignIn),
    signInLifetimeMs: seconds(options.signInLifetime, 'signInLifetime', SIGN_IN_LIFETIME_S, 1) * 1000,
    accessType: checkAccessType(options.accessType),
    hostedDomains: checkDomains(options.hostedDomain),
    lacksDomain: 'hostedDomain' in options && (options.hostedDomain as unknown) === undefined,
    securityScheme: checkSecurityScheme(options.securityScheme),
    issuer,
    originRule: checkOrigins(options.apiOrigins),
    maxResponseBytes: checkBytes(options.maxResponseBytes),
    refreshAheadMs: seconds(options.refreshAhead, 'refreshAhead', REFRESH_AHEAD_MS / 1000) * 1000,
    clockToleranceS: seconds(options.clockTolerance, 'clockTolerance', CLOCK_TOLERANCE_S),
    redisReplicas: checkReplicas(options.redisReplicas),
    ...checkDoors(options, clientId),
    cache: checkCache(options.cache, options.redis),
    session: checkSession(options.session, paths),
    risc: checkRisc(options, clientId),
    brand: checkBrand(options),
    signsIn,
    isOwn: ({ owner, account }) => signsIn && owner === account,
    keepsAccounts: options.storage === undefined || options.redis !== undefined,
    given: givenOf(options)
  }
}

/** A copy of the options that need no default. */
function givenOf(options: GoogleAuthOptions): Settings['given'] {
  const names = ['redis', ...FUNCTIONS] as const
  return Object.fromEntries(names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]))
}

/** A name for an OAuth client in a session that several clients can share. 96 bits, so that no two have the same name. */
export function clientHash(names: Settings['clientNames']): string {
  return sha256(JSON.stringify(names)).slice(0, 16)
}
