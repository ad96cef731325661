import { type ClientRegistration, DEFAULT_CLIENT_ID, DEFAULT_REDIRECT_URIS } from './clients.js'
import type { EmulatorServiceAccount } from './service-accounts.js'
import type { EmulatorUser } from './users.js'
import type { WorldSettings } from './world.js'

/** Options of `startGoogleEmulator`; each has a default. */
export interface EmulatorOptions {
  /** Default 0: any free port. */
  port?: number
  /** Where it listens; it calls itself 127.0.0.1 in any case. Default 127.0.0.1; `0.0.0.0` is for containers. */
  host?: string
  /** Default one client, `emulator-client.apps.googleusercontent.com`, with a made-up secret. */
  clients?: readonly ClientRegistration[]
  /** Of the default client. Default `/auth/return` on port 3000 of 127.0.0.1 and localhost. */
  redirectUris?: readonly string[]
  /** Default Ada Lovelace, Grace Hopper, and Katherine Johnson of the Workspace domain workspace.example. */
  users?: readonly EmulatorUser[]
  /** Service accounts that are known by their public keys. Default none; `createServiceAccount` makes one. */
  serviceAccounts?: readonly EmulatorServiceAccount[]
  /** In seconds. Default 3599, as Google says. */
  accessTokenLifetimeS?: number
  /** Whether a refresh brings a new refresh token and ends the old one. Default false, as Google. */
  rotateRefreshTokens?: boolean
  /** In seconds, as under time-based access; answers then carry `refresh_token_expires_in`. Default no end. */
  refreshTokenLifetimeS?: number
  /** Scopes to know beside the built-in ones, with the line that the consent page shows for each. */
  scopes?: Readonly<Record<string, string>>
  /** The clock, in epoch milliseconds. Default `Date.now`. */
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
  throw new TypeError('redirectUris are those of the default client: with clients, give each its own')
}
