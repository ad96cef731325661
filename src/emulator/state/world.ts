import { Calendars } from './calendar/calendars.js'
import { Clients } from './registry/clients.js'
import { Codes } from './grants/codes.js'
import { Faults } from './faults/faults.js'
import { Grants } from './grants/grants.js'
import { PendingRequests } from './grants/pending-requests.js'
import { RefreshRefusals } from './grants/refresh-refusals.js'
import { RequestLog } from './faults/request-log.js'
import { KNOWN_SCOPES } from './grants/scopes.js'
import { ServiceAccounts } from './registry/service-accounts.js'
import { Streams } from './registry/streams.js'
import { SigningKeys } from './registry/signing-keys.js'
import { Tamperings } from './faults/tampering.js'
import { Tokens } from './grants/tokens.js'
import { Users } from './registry/users.js'

/** The settings of the endpoints, with all defaults. */
export interface WorldSettings {
  /** Whether `state`, `nonce` and PKCE are demanded, and credentials in a query refused. */
  strict: boolean
  accessTokenLifetimeS: number
  rotateRefreshTokens: boolean
  /** Null for refresh tokens without an end. */
  refreshTokenLifetimeS: number | null
  scopes: Readonly<Record<string, string>>
  /** Milliseconds since the epoch. */
  now: () => number
  /** By how many milliseconds the clock is wrong. */
  readonly skewMs: number
  /** Sets the clock on by so many milliseconds, or back by a negative number. */
  skewClock: (ms: number) => void
}

/** The state of the emulator, all of it in memory. */
export interface World {
  readonly issuer: string
  readonly settings: WorldSettings
  readonly knownScopes: Readonly<Record<string, string>>
  readonly clients: Clients
  readonly users: Users
  readonly serviceAccounts: ServiceAccounts
  readonly grants: Grants
  readonly codes: Codes
  readonly tokens: Tokens
  readonly refreshRefusals: RefreshRefusals
  readonly keys: SigningKeys
  readonly streams: Streams
  readonly pending: PendingRequests
  readonly calendars: Calendars
  readonly tamperings: Tamperings
  readonly faults: Faults
  readonly log: RequestLog
}

/** A new state without clients and users. `issuer` is a function, because the port is known late. */
export function newWorld(settings: WorldSettings, issuer: () => string): World {
  return {
    get issuer() {
      return issuer()
    },
    settings,
    knownScopes: { ...KNOWN_SCOPES, ...settings.scopes },
    clients: new Clients(),
    users: new Users(),
    serviceAccounts: new ServiceAccounts(),
    grants: new Grants(),
    codes: new Codes(settings.now),
    tokens: new Tokens(settings.now),
    refreshRefusals: new RefreshRefusals(),
    keys: new SigningKeys(),
    streams: new Streams(),
    pending: new PendingRequests(),
    calendars: new Calendars(settings.now),
    tamperings: new Tamperings(),
    faults: new Faults(),
    log: new RequestLog(settings.now)
  }
}

/** Ends the grant of a user to a project, or to all projects, with the tokens and codes of all its clients. */
export function endGrant(world: World, sub: string, project?: string): void {
  world.grants.drop(sub, project)
  world.codes.drop(sub, project)
  world.tokens.dropAll(
    (token) => token.sub === sub && token.project !== null && (project === undefined || token.project === project)
  )
}
