import Fastify, { type FastifyInstance } from 'fastify'
import googleAuth, { type GoogleAuthOptions } from 'fastify-google-auth'

const CALENDAR = 'https://www.googleapis.com/auth/calendar.events.readonly'

/** The app. What differs between the emulator, tests and Google is handed in. */
export async function buildApp(
  options: GoogleAuthOptions,
  googleApis = 'https://www.googleapis.com'
): Promise<FastifyInstance> {
  const app = Fastify({ logger: { level: 'warn' } })
  await app.register(googleAuth, options)
  const { required, startUrl } = app.googleAuth

  app.get('/', async (request, reply) => {
    reply.type('text/html').header('cache-control', 'private, no-store')
    if (request.googleUser === null) return `<a href="${startUrl()}">Sign in with Google</a>`
    return '<a href="/events">My events</a> <form method="post" action="/auth/signout"><button>Sign out</button></form>'
  })

  app.get('/me', { onRequest: required() }, async (request) => request.signedInUser)

  app.get('/events', { onRequest: required({ scopes: [CALENDAR] }) }, async (request) => {
    const { data } = await request.googleClient.request<{ items?: { summary?: string }[] }>({
      url: `${googleApis}/calendar/v3/calendars/primary/events`
    })
    return (data.items ?? []).map(({ summary }) => summary)
  })
  return app
}
