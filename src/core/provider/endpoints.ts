import { discoveryRequest, processDiscoveryResponse, type AuthorizationServer } from 'oauth4webapi'
import { retryAfterS, secureUrl, type Fetch } from '../lib/url.js'
import { requestOptions } from './fetch.js'
import { EndpointRefusal } from './refusal.js'

/** Where a provider is spoken to. */
export interface Provider {
  server: AuthorizationServer & { authorization_endpoint: string; token_endpoint: string; jwks_uri: string }
}

/** Gives the provider's endpoints, once they are known. */
export interface ProviderSource {
  (): Promise<Provider>
  /** Values of `iss` that mean this provider, known without any network; Google uses two. */
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

/** Where Google's endpoints are, and were when oauth2client wrote its files. */
const GOOGLE_HOSTS = new Set(['oauth2.googleapis.com', 'accounts.google.com', 'www.googleapis.com'])

/** Whether `url` is an endpoint of Google, as far as its host says. */
export function isGoogles(url: string): boolean {
  const { protocol, host, username, password } = new URL(url)
  return protocol === 'https:' && GOOGLE_HOSTS.has(host) && username === '' && password === ''
}

const GOOGLE_CLIENT_AUTH = { token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'] }

export interface ProviderOptions {
  /** Default Google. Any other issuer is read by OpenID discovery, on first use. */
  issuer?: string | undefined
  /** Of a secrets file; count only when no `issuer` is given. */
  authUri?: string | undefined
  tokenUri?: string | undefined
  /** Default: Google's, where `tokenUri` is Google's; the token of another provider is none of Google's business. */
  revokeUri?: string | undefined
}

/**
 * A source of the provider: Google's endpoints are built in, so that starting needs no network; another issuer's are
 * discovered on first use and then kept, one request at a time, a failure not kept.
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html
 */
export function providerSource(options: ProviderOptions, fetch: Fetch): ProviderSource {
  const { issuer } = options
  if (issuer === undefined || issuer === GOOGLE_ISSUER) {
    const { revocation_endpoint: revocation, ...endpoints } = GOOGLE_ENDPOINTS
    const { authUri, tokenUri = endpoints.token_endpoint, revokeUri } = issuer === undefined ? options : {}
    const revokeAt = revokeUri ?? (isGoogles(tokenUri) ? revocation : undefined)
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
  // What its body says is not read: an OAuth error is a word on a grant, and this endpoint knows none.
  if (status !== 200) throw new EndpointRefusal(status, `http_${status}`, undefined, retryAfterS(headers, Date.now()))
  const server = await processDiscoveryResponse(url, response)
  // To the letter, as ID tokens are held to it; oauth4webapi lets a slash at the end pass.
  if (server.issuer !== issuer) throw unusable('issuer')
  for (const name of ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const) {
    if (secureUrl(server[name]) === null) throw unusable(name)
  }
  return { server: server as Provider['server'] }
}

function unusable(name: string): Error {
  return Object.assign(new Error(`Discovery gives no usable ${name}.`), { code: 'OAUTH_INVALID_SERVER_METADATA' })
}
