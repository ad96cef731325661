/** All events of a calendar, however many, without holding them all in memory. */
import { Readable } from 'node:stream'
import Fastify, { type FastifyInstance } from 'fastify'
import googleAuth, { type GoogleAuthOptions, type GoogleClient } from 'fastify-google-auth'

const CALENDAR = 'https://www.googleapis.com/auth/calendar.events.readonly'
const EVENTS = 'https://www.googleapis.com/calendar/v3/calendars/primary/events'

interface Event {
  id: string
  summary?: string
}
interface Page {
  items?: Event[]
  nextPageToken?: string
}

// #region pages
/** The events one by one. The next page is asked for when the last one is used up. */
async function* allEvents(client: GoogleClient, signal?: AbortSignal): AsyncGenerator<Event> {
  let pageToken: string | undefined
  do {
    const { data } = await client.request<Page>({
      url: EVENTS,
      params: { maxResults: 2500, fields: 'items(id,summary),nextPageToken', ...(pageToken ? { pageToken } : {}) },
      retry: true,
      ...(signal ? { signal } : {})
    })
    yield* data.items ?? []
    pageToken = data.nextPageToken
  } while (pageToken)
}
// #endregion

export async function buildApp(options: GoogleAuthOptions): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(googleAuth, options)
  const onRequest = app.googleAuth.required({ scopes: [CALENDAR] })

  app.get('/events/count', { onRequest }, async (request) => {
    let untitled = 0
    let count = 0
    for await (const { summary } of allEvents(request.googleClient)) {
      count++
      if (!summary) untitled++
    }
    return { count, untitled }
  })

  // #region stream
  app.get('/events/export', { onRequest }, async (request, reply) => {
    const events = allEvents(request.googleClient, AbortSignal.timeout(120_000))
    // The first page before the headers: what fails until here is answered as JSON, or by a redirect.
    const first = await events.next()
    const lines = async function* (): AsyncGenerator<string> {
      if (!first.done) yield `${JSON.stringify(first.value)}\n`
      for await (const event of events) yield `${JSON.stringify(event)}\n`
    }
    return reply.type('application/x-ndjson').send(Readable.from(lines()))
  })
  // #endregion
  return app
}
