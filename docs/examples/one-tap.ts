/** An app whose home page shows One Tap and Google's button. */
import Fastify, { type FastifyInstance } from 'fastify'
import googleAuth, { type GoogleAuthOptions } from 'fastify-google-auth'

/** `origin` is the origin of the app, such as https://app.example.com. */
export async function buildApp(options: GoogleAuthOptions, origin: string): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(googleAuth, { ...options, oneTap: true })

  // #region page
  app.get('/', (request, reply) => {
    // Each page has a nonce of its own, so no cache may keep it.
    reply.type('text/html').header('cache-control', 'no-store')
    if (request.googleUser !== null) return '<!doctype html><p>You are signed in.'
    const nonce = app.googleAuth.oneTapNonce(request, reply)
    return `<!doctype html>
      <script src="https://accounts.google.com/gsi/client" async></script>
      <div id="g_id_onload" data-client_id="${app.googleAuth.flow.clientId}" data-nonce="${nonce}"
        data-login_uri="${origin}/auth/credential" data-ux_mode="redirect"></div>
      <div class="g_id_signin"></div>`
  })
  // #endregion

  app.get('/me', { onRequest: app.googleAuth.required() }, (request) => request.signedInUser)
  return app
}
