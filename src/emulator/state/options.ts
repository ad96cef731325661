import { type ClientRegistration, DEFAULT_CLIENT_ID, DEFAULT_REDIRECT_URIS } from './registry/clients.js'
import type { EmulatorServiceAccount } from './registry/service-accounts.js'
import type { EmulatorUser } from './registry/users.js'
import type { WorldSettings } from './world.js'

/** Options of `startGoogleEmulator`; each has a default. */
export interface EmulatorOptions {
  /** Default 0: any free port. */
  port?: number
  /** The address to listen on. The issuer is 127.0.0.1 in any case. Default 127.0.0.1; `0.0.0.0` is for containers. */
  host?: string
  /** Default: one client, `emulator-client.apps.googleusercontent.com`, with a random secret. */
  clients?: readonly ClientRegistration[]
  /** Redirect URIs of the default client. Default: `/auth/return` on port 3000 of 127.0.0.1 and localhost. */
  redirectUris?: readonly string[]
  /** Default: Ada Lovelace, Grace Hopper, and Katherine Johnson of the Workspace domain workspace.example. */
  users?: readonly EmulatorUser[]
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
  const {
    accessTokenLifetimeS = 3599,
    rotateRefreshTokens = false,
    refreshTokenLifetimeS,
    scopes = {},
    now = Date.now
  } = options
  return {
    accessTokenLifetimeS: positive('accessTokenLifetimeS', accessTokenLifetimeS),
    rotateRefreshTokens,
    refreshTokenLifetimeS:
      refreshTokenLifetimeS === undefined ? null : positive('refreshTokenLifetimeS', refreshTokenLifetimeS),
    scopes,
    now
  }
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
