/** The API of a single-page app on another origin, with One Tap. */
import type { FastifyInstance } from 'fastify'
import type { GoogleAuthOptions } from 'fastify-google-auth'
import { buildApp as buildApi } from './spa-on-another-origin.js'

export async function buildApp(options: GoogleAuthOptions, spa: string): Promise<FastifyInstance> {
  const app = await buildApi({ ...options, oneTap: true }, spa)
  // #region route
  // The nonce is also in a cookie of this answer, so no cache may keep it: the plugin sets the header for that.
  app.get('/one-tap', (request, reply) => ({
    clientId: app.googleAuth.flow.clientId,
    nonce: app.googleAuth.oneTapNonce(request, reply)
  }))
  // #endregion
  return app
}
