/** Only my company, and three people from outside. */
import Fastify, { type FastifyInstance } from 'fastify'
import googleAuth, { type GoogleAuthOptions } from 'fastify-google-auth'

export const COMPANY = 'workspace.example'
export const GUESTS = ['ada@example.com', 'mary@partner.example', 'joan@partner.example']

export async function buildApp(options: GoogleAuthOptions): Promise<FastifyInstance> {
  const app = Fastify()
  // The option hostedDomain stays out here: it would keep the guests from signing in at all.
  await app.register(googleAuth, options)
  const { required } = app.googleAuth

  app.get('/', async (request) => `Hello ${request.googleUser?.name ?? 'stranger'}`)
  app.get(
    '/reports',
    { onRequest: required({ hostedDomain: COMPANY, emails: GUESTS }) },
    async (request) => `reports for ${request.signedInUser.email}`
  )
  // Two guards must both be met: here the company alone, and a sign-in of the last ten minutes.
  const onRequest = [required({ hostedDomain: COMPANY }), required({ signedInWithin: 600 })]
  app.get('/salaries', { onRequest }, async () => 'salaries')
  return app
}
