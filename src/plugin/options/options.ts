import { CLOCK_TOLERANCE_S } from '../../core/provider/id-token.js'
import type { OriginRule } from '../../core/api/origins.js'
import { REFRESH_AHEAD_MS } from '../../core/credentials/stored-credentials.js'
import {
  DEFAULT_PATHS,
  check,
  checkAccessType,
  checkClient,
  checkDefaultReturnTo,
  checkDomains,
  checkIssuer,
  checkOrigins,
  checkPaths,
  checkRedirectUri,
  checkRedis,
  checkReplicas,
  checkScopes,
  checkSecrets,
  isObject,
  seconds,
  type CheckedClient,
  type Paths
} from './checks.js'
import { checkSession } from './session-options.js'
import type { GoogleAuthOptions } from '../types.js'

/** The options after the front door: checked, copied, with every default in its place. Nobody checks them again. */
export interface Settings {
  client: Omit<CheckedClient, 'redirectUris'>
  redirectUri: URL
  scopes: string[]
  secrets: readonly [string, ...string[]]
  paths: Paths
  defaultReturnTo: string
  accessType: 'offline' | 'online'
  hostedDomains: string[]
  issuer: string | undefined
  originRule: OriginRule
  refreshAheadMs: number
  clockToleranceS: number
  redisReplicas: number
  session: Record<string, unknown>
  given: Readonly<
    Pick<
      GoogleAuthOptions,
      'redis' | 'storage' | 'errorPage' | 'onSignIn' | 'onSignOut' | 'onGrantLost' | 'onRevoke' | 'onRevokeFailed'
    >
  >
}

const FUNCTIONS = [
  'storage',
  'errorPage',
  'onSignIn',
  'onSignOut',
  'onGrantLost',
  'onRevoke',
  'onRevokeFailed'
] as const
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
  'defaultReturnTo',
  'accessType',
  'hostedDomain',
  'issuer',
  'apiOrigins',
  'refreshAhead',
  'clockTolerance',
  ...Object.keys(DEFAULT_PATHS),
  ...FUNCTIONS,
  // What Fastify itself takes from the options of a plugin.
  'prefix',
  'logLevel',
  'logSerializers'
])

/** The checked settings. Throws a `TypeError` that names the option, what it must be and what to do, or a client secrets error. */
export async function checkOptions(options: GoogleAuthOptions): Promise<Settings> {
  if (!isObject(options)) throw new TypeError('The options of fastify-google-auth must be an object.')
  for (const name of Object.keys(options)) {
    if (!KNOWN.has(name))
      throw new TypeError(
        `The option ${name} is not known. Check its spelling against the table of options in the README.`
      )
  }
  const { redis, storage, errorPage, onSignIn, onSignOut, onGrantLost, onRevoke, onRevokeFailed } = options
  for (const name of FUNCTIONS)
    check(
      options[name] === undefined || typeof options[name] === 'function',
      name,
      'must be a function',
      'Leave it out, or pass a function.'
    )
  const secrets = checkSecrets(options.secret)
  const paths = checkPaths(options)
  const { redirectUris, ...client } = await checkClient(options)
  const redirectUri = checkRedirectUri(options.redirectUri, redirectUris, paths.return)
  checkRedis(redis)
  return {
    client: options.issuer === undefined ? client : { clientId: client.clientId, clientSecret: client.clientSecret },
    redirectUri,
    scopes: checkScopes(options.scopes),
    secrets,
    paths,
    defaultReturnTo: checkDefaultReturnTo(options.defaultReturnTo, redirectUri.origin),
    accessType: checkAccessType(options.accessType),
    hostedDomains: checkDomains(options.hostedDomain),
    issuer: checkIssuer(options.issuer),
    originRule: checkOrigins(options.apiOrigins),
    refreshAheadMs: seconds(options.refreshAhead, 'refreshAhead', REFRESH_AHEAD_MS / 1000) * 1000,
    clockToleranceS: seconds(options.clockTolerance, 'clockTolerance', CLOCK_TOLERANCE_S),
    redisReplicas: checkReplicas(options.redisReplicas),
    session: checkSession(options.session, paths),
    given: {
      ...(redis && { redis }),
      ...(storage && { storage }),
      ...(errorPage && { errorPage }),
      ...(onSignIn && { onSignIn }),
      ...(onSignOut && { onSignOut }),
      ...(onGrantLost && { onGrantLost }),
      ...(onRevoke && { onRevoke }),
      ...(onRevokeFailed && { onRevokeFailed })
    }
  }
}

/** Whether cookies are marked `Secure`: by the redirect URI, the one thing that says how browsers see this site. */
export function isSecure({ redirectUri }: Pick<Settings, 'redirectUri'>): boolean {
  return redirectUri.protocol === 'https:'
}
