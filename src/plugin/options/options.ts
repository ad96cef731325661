import { createHash } from 'node:crypto'
import type { OriginRule } from '../../core/api/origins.js'
import { REFRESH_AHEAD_MS } from '../../core/credentials/stored-token.js'
import { GOOGLE_ISSUER } from '../../core/provider/endpoints.js'
import { CLOCK_TOLERANCE_S } from '../../core/provider/id-token.js'
import type { GoogleAuthOptions } from '../types.js'
import {
  DEFAULT_PATHS,
  check,
  checkAccessType,
  checkBytes,
  checkDefaultReturnTo,
  checkDomains,
  checkIssuer,
  checkKeys,
  checkOrigins,
  checkPaths,
  checkRedis,
  checkReplicas,
  checkScopes,
  checkSecrets,
  checkTrustedOrigins,
  isObject,
  seconds,
  type Paths
} from './checks.js'
import { checkClient, checkRedirectUri, type CheckedClient } from './client-options.js'
import { checkSession, type SessionOptions } from './session-options.js'

/** A sign-in counts for thirty days unless told otherwise. */
const SIGN_IN_LIFETIME_S = 30 * 86_400

const FUNCTIONS = [
  'storage',
  'errorPage',
  'onSignIn',
  'onSignOut',
  'onGrantLost',
  'onRevoke',
  'onRevokeFailed'
] as const satisfies (keyof GoogleAuthOptions)[]

/** The options after the front door: checked, copied, with every default in its place. Nobody checks them again. */
export interface Settings {
  client: Omit<CheckedClient, 'redirectUris'>
  /** What tells this OAuth client from any other: keys, seals and cookie names are bound to it. */
  clientNames: readonly [issuer: string, clientId: string]
  redirectUri: URL
  scopes: string[]
  secrets: readonly [string, ...string[]]
  /** As they stand in a URL: the prefix of the scope is in them. */
  paths: Paths
  prefix: string
  defaultReturnTo: string
  trustedOrigins: string[]
  keepAtSignIn: string[]
  signInLifetimeMs: number
  accessType: 'offline' | 'online'
  hostedDomains: string[]
  issuer: string | undefined
  originRule: OriginRule
  maxResponseBytes: number | undefined
  refreshAheadMs: number
  clockToleranceS: number
  redisReplicas: number
  session: SessionOptions
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
  'session',
  'signInLifetime',
  'defaultReturnTo',
  'trustedOrigins',
  'keepAtSignIn',
  'accessType',
  'hostedDomain',
  'issuer',
  'apiOrigins',
  'maxResponseBytes',
  'refreshAhead',
  'clockTolerance',
  ...Object.keys(DEFAULT_PATHS),
  ...FUNCTIONS,
  // What Fastify itself takes from the options of a plugin.
  'prefix',
  'logLevel',
  'logSerializers'
])

/**
 * The checked settings of a plugin in a scope with this `prefix`. Throws a `TypeError` that names the option, what it must
 * be and what to do, or a client secrets error.
 */
export async function checkOptions(options: GoogleAuthOptions, prefix: string): Promise<Settings> {
  if (!isObject(options)) throw new TypeError('The options of fastify-google-auth must be an object.')
  check(
    !(options as { prefix?: unknown }).prefix,
    'prefix',
    'has no effect on this plugin',
    'Set startPath, returnPath, signOutPath and revokePath, or register the plugin in a scope that has the prefix.'
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
  const { clientId, clientSecret } = client
  return {
    client: issuer === undefined ? client : { clientId, clientSecret },
    clientNames: [issuer ?? GOOGLE_ISSUER, clientId],
    redirectUri,
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
    issuer,
    originRule: checkOrigins(options.apiOrigins),
    maxResponseBytes: checkBytes(options.maxResponseBytes),
    refreshAheadMs: seconds(options.refreshAhead, 'refreshAhead', REFRESH_AHEAD_MS / 1000) * 1000,
    clockToleranceS: seconds(options.clockTolerance, 'clockTolerance', CLOCK_TOLERANCE_S),
    redisReplicas: checkReplicas(options.redisReplicas),
    session: checkSession(options.session, paths),
    given: givenOf(options)
  }
}

/** Those of the options that are used as they are, a copy. */
function givenOf(options: GoogleAuthOptions): Settings['given'] {
  const names = ['redis', ...FUNCTIONS] as const
  return Object.fromEntries(names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]))
}

/** Names a client in a session that several may share: 96 bits, so that no other client has the same name. */
export function clientHash(names: Settings['clientNames']): string {
  return createHash('sha256').update(JSON.stringify(names)).digest('base64url').slice(0, 16)
}
