import { channel as plainChannel } from 'node:diagnostics_channel'
import { channelOf, type Facts } from './lib/traced.js'

/** Whose grant it is about. Absent where credentials are used without the plugin. */
export interface GrantFacts extends Facts {
  owner?: string
  account?: string
}

/**
 * A return from Google. `outcome`: `signed-in`, `connected`, `refused`; `failed` for trouble on the server's side; `unchanged` for the
 * second request of a double click and the like.
 */
export interface SignInFacts extends GrantFacts {
  kind?: 'sign-in' | 'connect'
  /** The code of the error, where it was refused. */
  code?: string
}

/** A refresh. `outcome`: `refreshed`, `lost` or `failed`. */
export interface RefreshFacts extends GrantFacts {
  /** Where the grant was lost: a guess at why. */
  likelyCause?: string
}

/** A grant that the provider has ended. It lasts as long as the hook that is told. `outcome`: `told`. */
export interface GrantLostFacts extends GrantFacts {
  likelyCause?: string
}

/** The end of a grant. `outcome`: `confirmed`; `kept` where Google was not asked; `unconfirmed` or `failed`. */
export type RevokeFacts = GrantFacts

/** A call of an API with its refreshes and repetitions, until it is answered. `outcome`: `answered` or `failed`. */
export interface ApiCallFacts extends Facts {
  method: string
  /** With the port, where the URL has one. */
  host: string
  /** The HTTP status, once there is an answer. */
  status?: number
}

/** A question to the cache (`lookup`), or a command to Redis. `outcome`: `done` or `failed`. */
export interface StorageFacts extends Facts {
  operation: 'lookup' | 'read' | 'write' | 'lease' | 'release'
  /** Of a `lookup`, once it has ended: whether the cache had the record. */
  cached?: boolean
}

/** The keys of the provider are fetched. `outcome`: `fetched` or `failed`. */
export interface KeysFacts extends Facts {
  host: string
}

/**
 * What can be watched. No fact is ever a token, a code, a state, a verifier, a secret, a session id or an address.
 * @see https://nodejs.org/api/diagnostics_channel.html#class-tracingchannel
 */
export const CHANNELS = {
  signIn: channelOf<SignInFacts>('sign-in'),
  refresh: channelOf<RefreshFacts>('refresh'),
  apiCall: channelOf<ApiCallFacts>('api-call'),
  grantLost: channelOf<GrantLostFacts>('grant-lost'),
  revoke: channelOf<RevokeFacts>('revoke'),
  storage: channelOf<StorageFacts>('storage'),
  keys: channelOf<KeysFacts>('keys')
} as const

/**
 * Tells, before any hook runs, that a request has come to one of the plugin's routes, whose query can hold a code and a state.
 * The message is `{ path }`.
 */
export const ROUTE_REACHED = plainChannel('fastify-google-auth:route-reached')
