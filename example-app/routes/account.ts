import type { FastifyInstance } from 'fastify'
import { accountsOf, type ConnectedAccount } from '../accounts.js'
import { nearEndInWords } from '../causes.js'
import { readForms } from '../forms.js'
import { accountPage } from '../pages/account.js'
import type { AccountLinks, ShownAccount } from '../pages/accounts.js'
import { fromOwnPages } from '../same-origin.js'
import { CALENDAR_EVENTS } from '../scopes.js'

const CONNECTED = '/account?done=connected'

/** The account page with its links, and signing out everywhere. `/auth/signout` and `/auth/revoke` are routes of the plugin. */
export async function accountRoutes(app: FastifyInstance, { publicUrl }: { publicUrl: string }): Promise<void> {
  const signedIn = app.googleAuth.required()
  readForms(app)

  const connectUrl = (params: { scopes: string[]; loginHint?: string }) =>
    app.googleAuth.startUrl({ connect: true, returnTo: CONNECTED, ...params })
  const links: AccountLinks = {
    add: connectUrl({ scopes: [CALENDAR_EVENTS] }),
    again: (account, calendarToo) => connectUrl({ scopes: calendarToo ? [CALENDAR_EVENTS] : [], loginHint: account })
  }

  /** Only the record of an account says when its access ends. It is read where that is soon. */
  const shown = async (owner: string, account: ConnectedAccount): Promise<ShownAccount> => {
    const isNear = nearEndInWords(account) !== null
    const status = isNear ? await app.googleAuth.status(owner, account.account) : undefined
    return { ...account, endsAt: status?.refreshTokenExpiresAt }
  }

  app.get('/account', { onRequest: signedIn }, async (request, reply) => {
    const user = request.signedInUser
    const accounts = await Promise.all((await accountsOf(request)).map((account) => shown(user.sub, account)))
    return reply.page(accountPage(user, accounts, links))
  })

  app.post(
    '/account/signout-everywhere',
    { onRequest: [fromOwnPages(publicUrl), signedIn] },
    async (request, reply) => {
      await app.googleAuth.signOutEverywhere(request.signedInUser.sub)
      return reply.redirect('/?done=signed-out-everywhere', 303)
    }
  )
}
