/** The API of a single-page app that is on another origin of the same site: app.example.com and api.example.com. */
import fastifyCors from '@fastify/cors'
import Fastify, { type FastifyInstance } from 'fastify'
import googleAuth, { type GoogleAuthOptions } from 'fastify-google-auth'

const CALENDAR = 'https://www.googleapis.com/auth/calendar.events'
const EVENTS = 'https://www.googleapis.com/calendar/v3/calendars/primary/events'

/** @param spa The origin of the single-page app, such as https://app.example.com. */
export async function buildApp(options: GoogleAuthOptions, spa: string): Promise<FastifyInstance> {
  const app = Fastify()
  // Scripts of the other origin may send cookies and read answers.
  await app.register(fastifyCors, { origin: [spa], credentials: true, methods: ['GET', 'POST'] })
  // It may also sign out, and be where a sign-in ends.
  await app.register(googleAuth, { ...options, trustedOrigins: [spa], defaultReturnTo: `${spa}/` })
  const { required } = app.googleAuth

  app.get('/me', { onRequest: required() }, async (request) => ({ name: request.signedInUser.name }))
  app.get('/events', { onRequest: required({ scopes: [CALENDAR] }) }, async (request) => {
    const { data } = await request.googleClient.request<{ items?: { summary?: string }[] }>({ url: EVENTS })
    return (data.items ?? []).map(({ summary }) => summary)
  })
  return app
}
