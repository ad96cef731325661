import type { FastifyInstance, FastifyRequest } from 'fastify'
import { LoginRequiredError } from '../core/errors/guard.js'
import type { Grants } from '../grants/grants.js'
import { accountsOf } from './grants/accounts.js'
import type { Clients } from './grants/clients.js'
import type { GoogleClient } from './grants/google-client.js'
import type { Settings } from './options/options.js'
import { checkedId } from './principal/names.js'
import { requiredPrincipal, type BearerUserOf, type PrincipalOf } from './principal/principal.js'
import { requestSlot } from './request-slot.js'
import type { UserSessions } from './session/user-sessions.js'

export interface RequestDecoratorsParts {
  sessions: UserSessions
  bearerUserOf: BearerUserOf
  principalOf: PrincipalOf
  clients: Clients
  grants: Grants
  settings: Settings
}

/** Decorates requests with the user, and with the clients of the owner whose request it is. */
export function decorateRequests(app: FastifyInstance, parts: RequestDecoratorsParts): void {
  const { sessions, bearerUserOf, principalOf, clients, grants, settings } = parts
  app.decorateRequest('googleUser', {
    getter() {
      return bearerUserOf(this) ?? sessions.signInOf(this)?.user ?? null
    }
  })
  app.decorateRequest('signedInUser', {
    getter() {
      if (this.googleUser === null) throw new LoginRequiredError()
      return this.googleUser
    }
  })
  const held = requestSlot<{ owner: string; client: GoogleClient }>(app, 'googleClient')
  app.decorateRequest('googleClient', {
    getter() {
      // With the option owner, the user of a bearer token owns no grants.
      if (principalOf(this) === null && bearerUserOf(this) !== null) return clients.notConnected()
      const { owner } = requiredPrincipal(principalOf, this)
      const known = held.get(this)
      if (known?.owner === owner) return known.client
      const client = clients.clientFor(owner)
      held.set(this, { owner, client })
      return client
    }
  })
  app.decorateRequest('googleClientFor', function (this: FastifyRequest, account: string) {
    return clients.clientFor(requiredPrincipal(principalOf, this).owner, checkedId(account, 'An account'))
  })
  app.decorateRequest('googleAccounts', async function (this: FastifyRequest) {
    const principal = requiredPrincipal(principalOf, this)
    const accounts = await accountsOf({ grants, settings }, principal.owner)
    if (principal.via !== 'session') return accounts
    const { email, name, picture, hostedDomain } = principal.signIn.user
    const own = Object.entries({ email, name, picture, hostedDomain }).filter(([, value]) => value !== undefined)
    return accounts.map((account) =>
      account.account === principal.owner ? { ...account, ...Object.fromEntries(own) } : account
    )
  })
}
