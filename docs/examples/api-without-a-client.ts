/** Google's APIs without a client package: `request` of `request.googleClient`. */
import Fastify, { type FastifyInstance } from 'fastify'
import googleAuth, { GoogleApiError, type GoogleAuthOptions } from 'fastify-google-auth'

const CALENDAR = 'https://www.googleapis.com/auth/calendar.events'
const EVENTS = 'https://www.googleapis.com/calendar/v3/calendars/primary/events'

interface Event {
  id: string
  summary?: string
}

export async function buildApp(options: GoogleAuthOptions): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(googleAuth, options)
  const onRequest = app.googleAuth.required({ scopes: [CALENDAR] })

  // #region read
  app.get('/events', { onRequest }, async (request) => {
    const { data } = await request.googleClient.request<{ items?: Event[] }>({
      url: EVENTS,
      params: { timeMin: new Date().toISOString(), singleEvents: true, orderBy: 'startTime', maxResults: 10 },
      retry: true
    })
    return data.items ?? []
  })
  // #endregion

  // #region write
  app.post<{ Body: { summary: string; start: string; end: string } }>(
    '/events',
    { onRequest },
    async (request, reply) => {
      const { summary, start, end } = request.body
      const { data } = await request.googleClient.request<Event>({
        url: EVENTS,
        method: 'POST',
        data: { summary, start: { dateTime: start }, end: { dateTime: end } }
      })
      return reply.code(201).send(data)
    }
  )
  // #endregion

  // #region errors
  app.get<{ Params: { id: string } }>('/events/:id', { onRequest }, async (request, reply) => {
    try {
      const { data } = await request.googleClient.request<Event>({
        url: `${EVENTS}/${encodeURIComponent(request.params.id)}`
      })
      return data
    } catch (error) {
      // Google's 404 is not the app's 404 before the app says so.
      if (error instanceof GoogleApiError && error.status === 404)
        return reply.code(404).send({ message: 'No such event' })
      throw error
    }
  })
  // #endregion
  return app
}
