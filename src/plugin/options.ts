import { loadClientSecrets, parseClientSecrets } from '../core/client-secrets.js'
import { CLOCK_TOLERANCE_S } from '../core/id-token.js'
import { allowOrigins, type OriginRule } from '../core/origins.js'
import { secureUrl } from '../core/provider-http.js'
import { isScopeToken, mergeScopes, scopeList } from '../core/scopes.js'
import { REFRESH_AHEAD_MS } from '../core/stored-credentials.js'
import { localPath } from './return-to.js'
import type { GoogleAuthOptions } from './types.js'

/** The options after the front door: checked, copied, with every default in its place. Nobody checks them again. */
export interface Settings {
  client: { clientId: string; clientSecret: string; authUri?: string; tokenUri?: string }
  redirectUri: URL
  scopes: string[]
  secrets: readonly [string, ...string[]]
  paths: { start: string; return: string; signOut: string; revoke: string }
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

const MIN_SECRET_LENGTH = 32
const DEFAULT_SCOPES = ['openid', 'email', 'profile']
const DEFAULT_PATHS = {
  startPath: '/auth/start',
  returnPath: '/auth/return',
  signOutPath: '/auth/signout',
  revokePath: '/auth/revoke'
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
    session: checkSession(options.session),
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

function check(holds: boolean, option: string, mustBe: string, whatToDo: string): asserts holds {
  if (!holds) throw new TypeError(`The option ${option} ${mustBe}. ${whatToDo}`)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

async function checkClient(options: GoogleAuthOptions): Promise<Settings['client'] & { redirectUris: string[] }> {
  const { clientSecretsFile, clientSecrets, clientId, clientSecret } = options
  const ways = [
    clientSecretsFile !== undefined,
    clientSecrets !== undefined,
    clientId !== undefined || clientSecret !== undefined
  ]
  check(
    ways.filter(Boolean).length === 1,
    'clientSecretsFile',
    'or one of clientSecrets, clientId with clientSecret must be given, and only one of the three',
    'Pass the path of the client_secrets.json that the Google console gave you.'
  )
  if (clientSecretsFile !== undefined) {
    check(
      isText(clientSecretsFile),
      'clientSecretsFile',
      'must be the path of a file',
      'Pass the path of client_secrets.json as a string.'
    )
    return loadClientSecrets(clientSecretsFile)
  }
  if (clientSecrets !== undefined) return parseClientSecrets(clientSecrets)
  check(
    isText(clientId),
    'clientId',
    'must be a non-empty string',
    'Copy it from the Google console, with its clientSecret.'
  )
  check(
    isText(clientSecret),
    'clientSecret',
    'must be a non-empty string',
    'Copy it from the Google console, with its clientId.'
  )
  return { clientId, clientSecret, redirectUris: [] }
}

function checkRedirectUri(given: unknown, registered: string[], returnPath: string): URL {
  const candidates =
    given === undefined
      ? registered.filter((uri) => URL.canParse(uri) && new URL(uri).pathname === returnPath)
      : [given]
  check(
    candidates.length > 0,
    'redirectUri',
    'is needed',
    `Pass the absolute URL of ${returnPath} on your site, as registered in the Google console.`
  )
  check(
    candidates.length === 1,
    'redirectUri',
    `is needed, since the client secrets name several redirect URIs with the path ${returnPath}`,
    'Pass the one of this deployment.'
  )
  const uri = secureUrl(candidates[0])
  check(
    uri !== null && uri.hash === '' && uri.search === '' && uri.username === '' && uri.password === '',
    'redirectUri',
    'must be an absolute https URL without query and fragment (http only on localhost, 127.0.0.1 or [::1])',
    'Pass it exactly as registered in the Google console, such as https://app.example.com/auth/return.'
  )
  check(
    uri.pathname.endsWith(returnPath),
    'redirectUri',
    `must end in returnPath, ${returnPath}`,
    'Change redirectUri, or set returnPath to the path that it has.'
  )
  return uri
}

function checkSecrets(given: unknown): [string, ...string[]] {
  const list: unknown[] = Array.isArray(given) ? given : [given]
  check(
    list.length > 0 && list.every((secret) => typeof secret === 'string' && secret.length >= MIN_SECRET_LENGTH),
    'secret',
    `must be a string of ${MIN_SECRET_LENGTH} or more characters, or a list of them`,
    'Make one with: openssl rand -base64 48'
  )
  return [...list] as [string, ...string[]]
}

function checkScopes(given: unknown): string[] {
  const shaped =
    given === undefined ||
    typeof given === 'string' ||
    (Array.isArray(given) && given.every((scope) => typeof scope === 'string'))
  check(shaped, 'scopes', 'must be a list of scopes', "Pass for example ['openid', 'email', 'profile'].")
  const scopes = scopeList((given as string | string[] | undefined) ?? DEFAULT_SCOPES)
  check(
    scopes.every(isScopeToken),
    'scopes',
    'must hold scopes as Google writes them',
    'Look them up at https://developers.google.com/identity/protocols/oauth2/scopes'
  )
  return mergeScopes(['openid'], scopes)
}

function checkPaths(options: GoogleAuthOptions): Settings['paths'] {
  const path = (name: keyof typeof DEFAULT_PATHS): string => {
    const value: unknown = options[name] ?? DEFAULT_PATHS[name]
    check(
      typeof value === 'string' && /^\/[\w.~/-]+$/.test(value) && !value.includes('//'),
      name,
      'must be a path such as /auth/start, without parameters',
      `Leave it out for ${DEFAULT_PATHS[name]}.`
    )
    return value
  }
  const paths = {
    start: path('startPath'),
    return: path('returnPath'),
    signOut: path('signOutPath'),
    revoke: path('revokePath')
  }
  check(
    new Set(Object.values(paths)).size === 4,
    'returnPath',
    'and the other three paths must differ from each other',
    'Give each route its own path.'
  )
  return paths
}

function checkDefaultReturnTo(given: unknown, origin: string): string {
  const path = localPath(given ?? '/', origin)
  check(path !== null, 'defaultReturnTo', 'must be a path of this site', 'Pass for example /home.')
  return path
}

function checkAccessType(given: unknown = 'offline'): 'offline' | 'online' {
  check(
    given === 'offline' || given === 'online',
    'accessType',
    "must be 'offline' or 'online'",
    "Leave it out for 'offline'."
  )
  return given
}

function checkDomains(given: unknown): string[] {
  const domains: unknown[] = given === undefined ? [] : [given].flat()
  const valid = domains.every(
    (domain) => typeof domain === 'string' && (domain === '*' || /^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(domain))
  )
  check(
    valid && (given === undefined || domains.length > 0),
    'hostedDomain',
    "must be a Google Workspace domain, a list of them, or '*' for any",
    "Pass for example 'example.com'."
  )
  return (domains as string[]).map((domain) => domain.toLowerCase())
}

function checkIssuer(given: unknown): string | undefined {
  if (given === undefined) return undefined
  const url = secureUrl(given)
  check(
    url !== null && url.search === '' && url.hash === '',
    'issuer',
    'must be an https URL (http only on a loopback host)',
    'Leave it out for Google.'
  )
  return given as string
}

function checkOrigins(given: unknown = ['https://*.googleapis.com']): OriginRule {
  const shaped = Array.isArray(given) && given.length > 0 && given.every((origin) => typeof origin === 'string')
  check(shaped, 'apiOrigins', 'must be a list of origins', "Leave it out for ['https://*.googleapis.com'].")
  return allowOrigins(given as string[])
}

function seconds(given: unknown, option: string, byDefault: number): number {
  const value = given ?? byDefault
  check(
    typeof value === 'number' && Number.isFinite(value) && value >= 0,
    option,
    'must be a number of seconds, 0 or more',
    `Leave it out for ${byDefault}.`
  )
  return value
}

function checkReplicas(given: unknown = 0): number {
  check(
    typeof given === 'number' && Number.isInteger(given) && given >= 0,
    'redisReplicas',
    'must be a whole number, 0 or more',
    'Leave it out to wait for no replica.'
  )
  return given
}

function checkSession(given: unknown = {}): Record<string, unknown> {
  check(
    isObject(given),
    'session',
    'must be an object of options for @fastify/session',
    'Leave it out for the defaults.'
  )
  return { ...given, ...(isObject(given['cookie']) ? { cookie: { ...given['cookie'] } } : {}) }
}

function checkRedis(given: unknown): void {
  if (given === undefined) return
  const url = typeof given === 'string' && URL.canParse(given) && /^rediss?:$/.test(new URL(given).protocol)
  const client = isObject(given) && typeof given['get'] === 'function' && typeof given['evalsha'] === 'function'
  check(
    url || client,
    'redis',
    'must be a URL such as redis://localhost:6379, or an ioredis Redis or Cluster',
    'Pass process.env.REDIS_URL, or a client.'
  )
}

/** Whether cookies are marked `Secure`: by the redirect URI, the one thing that says how browsers see this site. */
export function isSecure({ redirectUri }: Pick<Settings, 'redirectUri'>): boolean {
  return redirectUri.protocol === 'https:'
}
