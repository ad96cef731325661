import type { FastifyInstance } from 'fastify'
import { readForms } from '../forms.js'
import { accountPage } from '../pages/account.js'
import { fromOwnPages } from '../same-origin.js'
import { CALENDAR_EVENTS } from '../scopes.js'

/** The account page, and signing out everywhere. `/auth/signout` and `/auth/revoke` are routes of the plugin. */
export async function accountRoutes(app: FastifyInstance, { publicUrl }: { publicUrl: string }): Promise<void> {
  const signedIn = app.googleAuth.required()
  const connectUrl = (returnTo: string, loginHint?: string): string =>
    app.googleAuth.startUrl({ connect: true, scopes: [CALENDAR_EVENTS], returnTo, loginHint })
  readForms(app)

  app.get('/account', { onRequest: signedIn }, async (request, reply) => {
    const user = request.signedInUser
    const [{ grantedAt, refreshTokenExpiresAt: endsAt }, accounts] = await Promise.all([
      app.googleAuth.status(user.sub),
      request.googleAccounts()
    ])
    const addUrl = connectUrl('/account?done=account-added')
    const views = accounts.map((account) => ({ ...account, againUrl: connectUrl('/account', account.account) }))
    return reply.page(accountPage(user, { grantedAt, endsAt, accounts: views, addUrl }))
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
