import { ClientSecretBasic, ClientSecretPost, None, type AuthorizationServer, type ClientAuth } from 'oauth4webapi'
import type { Fetch } from '../lib/url.js'
import type { ProviderSource } from './endpoints.js'

/** An OAuth client and its provider. Holds the client secret: keep it in private fields. */
export interface OAuthClient {
  clientId: string
  clientSecret?: string | undefined
  provider: ProviderSource
  /** Bounded in time and size; see `providerFetch`. */
  fetch: Fetch
  now: () => number
}

/**
 * How the client authenticates: in the body where the provider's metadata allow that, as Google's do; else by HTTP
 * Basic, the default.
 */
export function clientAuth({ clientSecret }: OAuthClient, server: AuthorizationServer): ClientAuth {
  if (clientSecret === undefined || clientSecret === '') return None()
  const methods = server.token_endpoint_auth_methods_supported
  return methods?.includes('client_secret_post') ? ClientSecretPost(clientSecret) : ClientSecretBasic(clientSecret)
}
