/** A Fastify app behind Next.js: browsers see one origin, that of Next.js, which forwards /auth and /api. */
import Fastify, { type FastifyInstance } from 'fastify'
import googleAuth, { type GoogleAuthOptions } from 'fastify-google-auth'

export async function buildApp(options: GoogleAuthOptions): Promise<FastifyInstance> {
  // The address of the machine that runs Next.js, or its network: `10.0.0.0/8`.
  const app = Fastify({ trustProxy: '127.0.0.1' })
  // redirectUri is on the origin that the browser sees: https://www.example.com/auth/return, and not on that of this server.
  await app.register(googleAuth, options)

  app.get('/api/me', { onRequest: app.googleAuth.required() }, async (request) => ({
    name: request.signedInUser.name,
    address: request.ip
  }))
  return app
}
