import type { FastifyInstance } from 'fastify'
import { homePage } from '../pages/home.js'
import { mePage } from '../pages/me.js'

/** The home page, open to everybody, and a page behind the sign-in. */
export async function homeRoutes(app: FastifyInstance): Promise<void> {
  app.get('/', async (request, reply) => reply.page(homePage(request.googleUser, app.googleAuth.startUrl())))

  app.get('/me', { onRequest: app.googleAuth.required() }, async (request, reply) =>
    reply.page(mePage(request.signedInUser))
  )
}
