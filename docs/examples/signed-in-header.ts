/** Who is signed in, on every page, without a guard on any of them. */
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import googleAuth, { type GoogleAuthOptions } from 'fastify-google-auth'

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const text = (value: string): string => value.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')

export async function buildApp(options: GoogleAuthOptions): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(googleAuth, options)

  // #region header
  /** The top of each page. A name comes from outside, so it is escaped; sign-out is a form, since a link could be prefetched. */
  const header = ({ googleUser: user, url: here }: FastifyRequest): string => {
    // return_to has a limit of 2,000 characters.
    const url = here.length < 1_000 ? here : '/'
    return user === null
      ? `<header><a href="${text(app.googleAuth.startUrl({ returnTo: url }))}">Sign in with Google</a></header>`
      : `<header>${text(user.name ?? user.email ?? user.sub)}
<form method="post" action="/auth/signout?return_to=${encodeURIComponent(url)}"><button>Sign out</button></form></header>`
  }

  const page = (request: FastifyRequest, body: string): string =>
    `<!doctype html>${header(request)}<main>${body}</main>`

  // These pages differ for each user. Behind a guard the plugin sets this header; here the app must.
  app.addHook('onSend', async (_request, reply) => {
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'private, no-store')
  })
  // #endregion

  app.get('/', (request, reply) => reply.type('text/html').send(page(request, 'Home')))
  app.get('/prices', (request, reply) => reply.type('text/html').send(page(request, 'Prices')))
  return app
}
