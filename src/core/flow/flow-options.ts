import type { Fetch } from '../lib/url.js'
import type { ProviderOptions } from '../provider/endpoints.js'

/** Options of `OAuth2WebServerFlow`. */
export interface FlowOptions extends ProviderOptions {
  /** The OAuth client's id. */
  clientId: string
  /** Absent for a public client, which is protected by PKCE alone. */
  clientSecret?: string | undefined
  /** The scopes to ask for: a list, or one string with spaces. */
  scope: string | readonly string[]
  /** The redirect URI, as registered with the provider. */
  redirectUri: string
  /** `'offline'` (default) asks for a refresh token. */
  accessType?: 'offline' | 'online' | undefined
  /** A Google Workspace domain, a list of them, or `'*'` for any: sent as `hd`, and checked on the verified claim. */
  hostedDomain?: string | readonly string[] | undefined
  /** Seconds, for every time claim; default: 60. */
  clockTolerance?: number | undefined
  /** For the provider's endpoints; default: the global `fetch`. */
  fetch?: Fetch | undefined
  /** In place of `fetch`: bounded already, see `providerFetch`. @internal */
  boundedFetch?: Fetch | undefined
  /** The clock, in milliseconds since the epoch; default: `Date.now`. */
  now?: (() => number) | undefined
}

/** What one authorize URL asks besides what the flow asks. */
export interface AuthorizeParams {
  /** In place of the flow's own scopes. */
  scopes?: string | readonly string[] | undefined
  /** As Google takes it: `none`, `consent`, `select_account`, or the last two with a space between. */
  prompt?: string | undefined
  /** An e-mail address or a `sub`. */
  loginHint?: string | undefined
  /**
   * `false`: only what this authorization grants, and not what the account has granted to this app before. Default: `true`.
   * @see https://developers.google.com/identity/protocols/oauth2/web-server#incrementalAuth
   */
  includeGrantedScopes?: boolean | undefined
  /** In place of the flow's own: a script knows the port of its loopback address only when it listens. */
  redirectUri?: string | undefined
}
