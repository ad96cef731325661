import type { FastifyInstance } from 'fastify'
import { readForms } from '../forms.js'
import { accountPage } from '../pages/account.js'
import { fromOwnPages } from '../same-origin.js'

/** The account page, and signing out everywhere. `/auth/signout` and `/auth/revoke` are routes of the plugin. */
export async function accountRoutes(app: FastifyInstance, { publicUrl }: { publicUrl: string }): Promise<void> {
  const signedIn = app.googleAuth.required()
  readForms(app)

  app.get('/account', { onRequest: signedIn }, async (request, reply) => {
    const user = request.signedInUser
    const token = await app.googleAuth.storageFor(user.sub).get()
    return reply.page(accountPage(user, { grantedAt: token?.grantedAt, endsAt: token?.refreshTokenExpiresAt }))
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
