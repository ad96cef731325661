import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { GoogleAccount } from 'fastify-google-auth'
import { CALENDAR_EVENTS } from './scopes.js'

/** A Google account of the signed-in user, as the pages show it. */
export interface ConnectedAccount extends GoogleAccount {
  /** The account that the user signs in with. */
  isOwn: boolean
  /** What people call it: the email address, where it is known. */
  label: string
  /** The number of its colour in the style sheet, from 1. */
  colour: number
}

/** The style sheet has this many colours. Further accounts share them, so that a colour never stands without the label. */
const COLOURS = 6

/** The accounts of the signed-in user, the own one first. It is there also when nothing is stored for it. */
export async function accountsOf(request: FastifyRequest): Promise<ConnectedAccount[]> {
  const { sub, ...profile } = request.signedInUser
  const known = await request.googleAccounts()
  const missing = { ...profile, account: sub, scopes: [], connectedAt: 0, isDefault: true }
  const own = known.find(({ account }) => account === sub) ?? { ...missing, state: 'lost' as const, reason: 'missing' }
  return [own, ...known.filter(({ account }) => account !== sub)].map((account, position) => ({
    ...account,
    isOwn: position === 0,
    label: account.email ?? account.name ?? account.account,
    colour: (position % COLOURS) + 1
  }))
}

/** Whether the account has allowed its calendar, and Google has not ended that. */
export function opensCalendar({ state, scopes }: GoogleAccount): boolean {
  return state === 'active' && scopes.includes(CALENDAR_EVENTS)
}

/** The path on which the user can allow the calendar of the account. It ends on the events. */
export function allowUrl({ googleAuth }: FastifyInstance, account: string): string {
  return googleAuth.startUrl({ connect: true, loginHint: account, scopes: [CALENDAR_EVENTS], returnTo: '/events' })
}
