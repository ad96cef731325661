import { discoveryRequest, processDiscoveryResponse, type AuthorizationServer } from 'oauth4webapi'
import { retryAfterS, secureUrl, type Fetch } from '../lib/url.js'
import { requestOptions } from './fetch.js'
import { EndpointRefusal } from './refusal.js'

/** The endpoints of a provider. */
export interface Provider {
  server: AuthorizationServer & { authorization_endpoint: string; token_endpoint: string; jwks_uri: string }
}

/** Gives the provider's endpoints, once they are known. */
export interface ProviderSource {
  (): Promise<Provider>
  /** Values of `iss` that mean this provider, known without a request. Google uses two. */
  readonly issuers: readonly string[]
}

export const GOOGLE_ISSUER = 'https://accounts.google.com'

/** @see https://accounts.google.com/.well-known/openid-configuration */
export const GOOGLE_ENDPOINTS = {
  authorization_endpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
  token_endpoint: 'https://oauth2.googleapis.com/token',
  revocation_endpoint: 'https://oauth2.googleapis.com/revoke',
  jwks_uri: 'https://www.googleapis.com/oauth2/v3/certs',
  /** Not in Google's metadata. */
  tokeninfo_endpoint: 'https://oauth2.googleapis.com/tokeninfo'
} as const

/** The hosts of Google's endpoints, those in old files of oauth2client included. */
const GOOGLE_HOSTS = new Set(['oauth2.googleapis.com', 'accounts.google.com', 'www.googleapis.com'])

/** Whether `value` is an https URL on one of the hosts of Google's endpoints. */
export function isGoogleEndpoint(value: string): boolean {
  const url = secureUrl(value)
  return url?.protocol === 'https:' && GOOGLE_HOSTS.has(url.host) && url.username === '' && url.password === ''
}

const GOOGLE_CLIENT_AUTH = { token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'] }

export interface ProviderOptions {
  /** Default Google. Any other issuer is read by OpenID discovery, on first use. */
  issuer?: string | undefined
  /** Of a secrets file; count only when no `issuer` is given. */
  authUri?: string | undefined
  tokenUri?: string | undefined
  /**
   * Default: Google's if `tokenUri` is Google's, else none, so that the token of another provider is not sent to
   * Google.
   */
  revokeUri?: string | undefined
}

/**
 * A source of the provider. Google's endpoints are built in, so that a start needs no network. Those of another issuer
 * are discovered on first use and kept, by one request for all callers; a failure is not kept.
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html
 */
export function providerSource(options: ProviderOptions, fetch: Fetch): ProviderSource {
  const { issuer } = options
  if (issuer === undefined || issuer === GOOGLE_ISSUER) {
    const { revocation_endpoint: revocation, ...endpoints } = GOOGLE_ENDPOINTS
    const { authUri, tokenUri = endpoints.token_endpoint, revokeUri } = issuer === undefined ? options : {}
    const revokeAt = revokeUri ?? (isGoogleEndpoint(tokenUri) ? revocation : undefined)
    const server = {
      issuer: GOOGLE_ISSUER,
      ...endpoints,
      ...GOOGLE_CLIENT_AUTH,
      ...(authUri === undefined ? {} : { authorization_endpoint: authUri }),
      token_endpoint: tokenUri,
      ...(revokeAt === undefined ? {} : { revocation_endpoint: revokeAt })
    }
    const google = Promise.resolve({ server })
    return Object.assign(() => google, { issuers: [GOOGLE_ISSUER, 'accounts.google.com'] })
  }
  let found: Promise<Provider> | null = null
  const source = (): Promise<Provider> => {
    found ??= discover(issuer, fetch).catch((error: unknown) => {
      found = null
      throw error
    })
    return found
  }
  return Object.assign(source, { issuers: [issuer] })
}

async function discover(issuer: string, fetch: Fetch): Promise<Provider> {
  const url = new URL(issuer)
  const response = await discoveryRequest(url, requestOptions(fetch, issuer))
  const { status, headers } = response
  // The body is not read: an OAuth error in it would count as one of the token endpoint, and end grants.
  if (status !== 200) throw new EndpointRefusal(status, `http_${status}`, undefined, retryAfterS(headers, Date.now()))
  const server = await processDiscoveryResponse(url, response)
  // The exact text, which `iss` of ID tokens is compared with; oauth4webapi ignores a slash at the end.
  if (server.issuer !== issuer) throw unusable('issuer')
  for (const name of ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const) {
    if (secureUrl(server[name]) === null) throw unusable(name)
  }
  return { server: server as Provider['server'] }
}

function unusable(name: string): Error {
  return Object.assign(new Error(`The metadata have no usable ${name}.`), { code: 'OAUTH_INVALID_SERVER_METADATA' })
}
