/** The path of each endpoint below the issuer. They are Google's paths, on one host instead of four. */
export const PATHS = {
  discovery: '/.well-known/openid-configuration',
  authorization: '/o/oauth2/v2/auth',
  /** The old path, which is still in client_secrets.json. */
  oldAuthorization: '/o/oauth2/auth',
  account: '/o/oauth2/v2/auth/account',
  consent: '/o/oauth2/v2/auth/consent',
  token: '/token',
  revocation: '/revoke',
  jwks: '/oauth2/v3/certs',
  userinfo: '/userinfo',
  tokeninfo: '/tokeninfo',
  pictures: '/pictures/',
  calendar: '/calendar/v3/calendars/'
} as const

/** The endpoint of a request, for faults and counts. `consent`: the forms of the pages. `api`: the Calendar API. */
export type Endpoint =
  'discovery' | 'authorize' | 'consent' | 'token' | 'revoke' | 'jwks' | 'userinfo' | 'tokeninfo' | 'api' | 'other'

const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  [PATHS.discovery]: 'discovery',
  [PATHS.authorization]: 'authorize',
  [PATHS.oldAuthorization]: 'authorize',
  [PATHS.account]: 'consent',
  [PATHS.consent]: 'consent',
  [PATHS.token]: 'token',
  [PATHS.revocation]: 'revoke',
  [PATHS.jwks]: 'jwks',
  [PATHS.userinfo]: 'userinfo',
  [PATHS.tokeninfo]: 'tokeninfo'
}

/** The endpoint that a path belongs to. */
export function endpointOf(path: string): Endpoint {
  return ENDPOINTS[path] ?? (path.startsWith('/calendar/') ? 'api' : 'other')
}

/** The absolute URLs that an app needs: the `endpoints` of the emulator. */
export function endpointsOf(issuer: string) {
  return {
    /** Where browsers are sent. */
    authorization: issuer + PATHS.authorization,
    /** Where codes and refresh tokens are exchanged. */
    token: issuer + PATHS.token,
    /** Where grants are ended. */
    revocation: issuer + PATHS.revocation,
    /** The keys that sign ID tokens. */
    jwks: issuer + PATHS.jwks,
    /** Who a token speaks for. */
    userinfo: issuer + PATHS.userinfo,
    /** What a token may do. */
    tokeninfo: issuer + PATHS.tokeninfo
  }
}
