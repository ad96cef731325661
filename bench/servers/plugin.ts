/** An app as a user of the plugin would write it. */
import Fastify from 'fastify'
import googleAuth from 'fastify-google-auth'
import { answerReadings } from '../processes.js'

const { PORT, BASE = `http://127.0.0.1:${PORT}`, REDIS_URL = '', PROVIDER = '', API = '/events' } = process.env
const { CLIENT_ID = 'bench', CLIENT_SECRET = 'bench-secret' } = process.env
const CALENDAR = 'https://www.googleapis.com/auth/calendar.events'
const app = Fastify()

await app.register(googleAuth, {
  clientId: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
  issuer: PROVIDER,
  redirectUri: `${BASE}/auth/return`,
  scopes: ['openid', 'email', 'profile', CALENDAR],
  secret: 'a secret of at least thirty-two characters',
  redis: REDIS_URL,
  apiOrigins: [PROVIDER],
  defaultReturnTo: '/me'
})
const signedIn = { onRequest: app.googleAuth.required() }
const withCalendar = { onRequest: app.googleAuth.required({ scopes: CALENDAR }) }
interface Events {
  items: unknown[]
}

app.get('/login', (_request, reply) => reply.redirect(app.googleAuth.startUrl()))
app.get('/me', signedIn, async (request) => ({ email: request.googleUser?.email }))
app.get('/calendar', withCalendar, async (request) => {
  const { data } = await request.googleClient.request<Events>({ url: PROVIDER + API })
  return { events: data.items.length }
})
app.get('/calendar-fetch', withCalendar, async (request) => {
  const response = await request.googleClient.fetch(PROVIDER + API)
  return { events: ((await response.json()) as Events).items.length }
})
/** Makes the stored token one that has expired. */
app.post('/expire', signedIn, async (request) => {
  const storage = app.googleAuth.storageFor(request.googleUser?.sub ?? '')
  await storage.update((token) => token?.with({ expiresAt: Date.now() - 1 }) ?? null)
  return {}
})
await app.listen({ port: Number(PORT), host: '127.0.0.1' })
answerReadings()
