import type { HeldGrant, Grants } from '../../grants/grants.js'
import type { Settings } from '../options/options.js'
import { present, statusOf } from './status.js'

/** A Google account that an owner has connected. It holds no token. */
export interface GoogleAccount {
  /** The `sub` of the account: its only stable name. */
  account: string
  /** The e-mail address, as the account had it when it was last connected. */
  email?: string
  /** The whole name. */
  name?: string
  /** The URL of the picture. */
  picture?: string
  /** The Google Workspace domain that the account belongs to. */
  hostedDomain?: string
  /** What Google granted, sign-in scopes by their short names. */
  scopes: string[]
  /** When it was connected for the first time, in milliseconds since the epoch. */
  connectedAt: number
  /** Whether `request.googleClient` uses this account. */
  isDefault: boolean
  /** `lost`: Google has ended the grant. Connecting the account again heals it. */
  state: 'active' | 'lost'
  /** Why it was lost: `reason` of `GrantLostError`. */
  reason?: string
  /** A guess at why it was lost; for an active grant, the cause of an end that is near. */
  likelyCause?: string
}

/** The accounts of an owner: the default one first, then in the order of connecting. Throws a `StorageError`. */
export async function accountsOf(
  { grants, settings }: { grants: Grants; settings: Pick<Settings, 'isOwn'> },
  owner: string,
  now = Date.now()
): Promise<GoogleAccount[]> {
  // The default account of a user who signs in is their own, even when it is not there.
  const hasOwn = settings.isOwn({ owner, account: owner })
  const held = await grants.list(owner)
  return held.map((grant, position) => accountFrom(grant, hasOwn ? grant.account === owner : position === 0, now))
}

function accountFrom({ account, connectedAt, token }: HeldGrant, isDefault: boolean, now: number): GoogleAccount {
  const { state, reason, likelyCause, scopes } = statusOf(token, now)
  const profile = token === 'unreadable' ? {} : (token.profile ?? {})
  return {
    account,
    ...profile,
    scopes,
    connectedAt,
    isDefault,
    state: state === 'lost' ? 'lost' : 'active',
    ...present({ reason, likelyCause })
  }
}
