/**
 * The endpoint of a request, for faults and counts. `consent`: the forms of the pages. `api`: the Calendar API. `risc`: the API for
 * streams of security events.
 */
export type Endpoint = (typeof ENDPOINTS)[number]

export const ENDPOINTS = [
  'discovery',
  'authorize',
  'consent',
  'token',
  'revoke',
  'jwks',
  'userinfo',
  'tokeninfo',
  'riscConfiguration',
  'risc',
  'api',
  'other'
] as const

/**
 * The paths of each endpoint below the issuer: Google's own, on one host instead of five. The first of a list is the one that the
 * discovery document names. The others are in older files, and in the sources of clients.
 */
export const ROUTES = {
  discovery: ['/.well-known/openid-configuration'],
  authorize: ['/o/oauth2/v2/auth', '/o/oauth2/auth'],
  token: ['/token', '/oauth2/v4/token', '/o/oauth2/token'],
  revoke: ['/revoke', '/o/oauth2/revoke'],
  jwks: ['/oauth2/v3/certs'],
  userinfo: ['/userinfo', '/v1/userinfo', '/oauth2/v3/userinfo'],
  tokeninfo: ['/tokeninfo', '/oauth2/v3/tokeninfo'],
  riscConfiguration: ['/.well-known/risc-configuration']
} as const satisfies Partial<Record<Endpoint, readonly [string, ...string[]]>>

/** Further paths. */
export const PATHS = {
  /** The path of the authorization endpoint that is in every client_secrets.json. */
  oldAuthorization: '/o/oauth2/auth',
  account: '/o/oauth2/v2/auth/account',
  consent: '/o/oauth2/v2/auth/consent',
  /** The keys again, as certificates in PEM form. */
  certificates: '/oauth2/v1/certs',
  /** The user, with the field names of before OpenID Connect. */
  oldUserinfo: '/oauth2/v2/userinfo',
  /** Google's script for pages. @see https://developers.google.com/identity/gsi/web/reference/js-reference */
  script: '/gsi/client',
  /** Where its button and One Tap ask for an account. */
  select: '/gsi/select',
  pictures: '/pictures/',
  /** The stream of security events of a project. */
  stream: '/v1beta/stream',
  calendar: '/calendar/v3/'
} as const

const BY_PATH = new Map<string, Endpoint>([
  ...Object.entries(ROUTES).flatMap(([endpoint, paths]) =>
    paths.map((path): [string, Endpoint] => [path, endpoint as Endpoint])
  ),
  [PATHS.account, 'consent'],
  [PATHS.consent, 'consent'],
  [PATHS.certificates, 'jwks'],
  [PATHS.oldUserinfo, 'userinfo']
])

/** The endpoint that a path belongs to. */
export function endpointOf(path: string): Endpoint {
  const known = BY_PATH.get(path)
  return known ?? (path.startsWith(PATHS.calendar) ? 'api' : path.startsWith(PATHS.stream) ? 'risc' : 'other')
}

/** The absolute URLs that an app needs: the `endpoints` of the emulator. */
export function endpointsOf(issuer: string) {
  return {
    /** Where browsers are sent. */
    authorization: issuer + ROUTES.authorize[0],
    /** Where codes and refresh tokens are exchanged. */
    token: issuer + ROUTES.token[0],
    /** Where grants are ended. */
    revocation: issuer + ROUTES.revoke[0],
    /** The keys that sign ID tokens. */
    jwks: issuer + ROUTES.jwks[0],
    /** Who a token speaks for. */
    userinfo: issuer + ROUTES.userinfo[0],
    /** What a token may do. */
    tokeninfo: issuer + ROUTES.tokeninfo[0]
  }
}
