import { type ClientRegistration, DEFAULT_CLIENT_ID, DEFAULT_REDIRECT_URIS } from './registry/clients.js'
import type { EmulatorServiceAccount } from './registry/service-accounts.js'
import type { UserRegistration } from './registry/users.js'
import type { WorldSettings } from './world.js'

/** Options of `startGoogleEmulator`; each has a default. */
export interface EmulatorOptions {
  /**
   * Whether to demand more than Google does: a `state` of 16 characters, a `nonce` with `openid`, PKCE with S256; and to refuse tokens
   * and secrets in a query. Default: false, so any client of Google passes.
   */
  strict?: boolean
  /** Whether to start under `NODE_ENV=production`, although it signs in anybody as anybody. Default: false. */
  allowInProduction?: boolean
  /** Default 0: any free port. */
  port?: number
  /** The address to listen on. The issuer is 127.0.0.1 in any case. Default 127.0.0.1; `0.0.0.0` is for containers. */
  host?: string
  /** Default: one client, `emulator-client.apps.googleusercontent.com`, with a random secret. */
  clients?: readonly ClientRegistration[]
  /** Redirect URIs of the default client. Default: `/auth/return` on port 3000 of 127.0.0.1 and localhost. */
  redirectUris?: readonly string[]
  /** Default: Ada Lovelace, Grace Hopper, and Katherine Johnson of the Workspace domain workspace.example. */
  users?: readonly UserRegistration[]
  /** Service accounts that are known by their public keys. Default none; `createServiceAccount` makes one. */
  serviceAccounts?: readonly EmulatorServiceAccount[]
  /** In seconds. Default: 3599, as at Google. */
  accessTokenLifetimeS?: number
  /** Whether a refresh brings a new refresh token and ends the old one. Default: false, as at Google. */
  rotateRefreshTokens?: boolean
  /** In seconds, for time-based access: answers have `refresh_token_expires_in` then. Default: no end. */
  refreshTokenLifetimeS?: number
  /** Further scopes, each with its text for the consent page. */
  scopes?: Readonly<Record<string, string>>
  /** The clock, in milliseconds since the epoch. Default: `Date.now`. */
  now?: () => number
}

function positive(name: 'accessTokenLifetimeS' | 'refreshTokenLifetimeS', value: number): number {
  if (Number.isFinite(value) && value > 0) return value
  throw new TypeError(`${name} must be a number of seconds above 0, not ${value}`)
}

/** The settings among the options, checked. */
export function settingsOf(options: EmulatorOptions): WorldSettings {
  let skewMs = 0
  const {
    strict = false,
    accessTokenLifetimeS = 3599,
    rotateRefreshTokens = false,
    refreshTokenLifetimeS,
    scopes = {},
    now = Date.now
  } = options
  return {
    strict,
    accessTokenLifetimeS: positive('accessTokenLifetimeS', accessTokenLifetimeS),
    rotateRefreshTokens,
    refreshTokenLifetimeS:
      refreshTokenLifetimeS === undefined ? null : positive('refreshTokenLifetimeS', refreshTokenLifetimeS),
    scopes,
    now: () => now() + skewMs,
    get skewMs() {
      return skewMs
    },
    skewClock: (ms) => void (skewMs = ms)
  }
}

/** Throws an `Error` in production, where a Google that asks nobody for a password has no place. */
export function checkSurroundings({ allowInProduction = false }: EmulatorOptions): void {
  if (process.env['NODE_ENV'] !== 'production' || allowInProduction) return
  throw new Error(
    'The Google emulator does not start under NODE_ENV=production: it signs in anybody as anybody. ' +
      'Use Google there, or give the option allowInProduction where this is a test.'
  )
}

/** The clients to register at the start. */
export function clientsOf(options: EmulatorOptions): readonly ClientRegistration[] {
  const { clients, redirectUris } = options
  if (clients === undefined) {
    return [{ clientId: DEFAULT_CLIENT_ID, redirectUris: [...(redirectUris ?? DEFAULT_REDIRECT_URIS)] }]
  }
  if (redirectUris === undefined) return clients
  throw new TypeError(
    'redirectUris belongs to the default client. With the option clients, give each client its own redirectUris.'
  )
}
