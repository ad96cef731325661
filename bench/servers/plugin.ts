/** An app as a user of the plugin would write it. */
import Fastify from 'fastify'
import googleAuth, { type GoogleAuthOptions } from 'fastify-google-auth'
import { answerReadings } from '../processes.js'

const CALENDAR = 'https://www.googleapis.com/auth/calendar.events'
const { PORT, BASE = `http://127.0.0.1:${PORT}`, REDIS_URL = '', PROVIDER = '', API = '/events' } = process.env
const { CLIENT_ID = 'bench', CLIENT_SECRET = 'bench-secret' } = process.env
/** JSON. */
const { CACHE = 'false', SCOPES = JSON.stringify(['openid', 'email', 'profile', CALENDAR]) } = process.env
const app = Fastify()

await app.register(googleAuth, {
  clientId: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
  issuer: PROVIDER,
  redirectUri: `${BASE}/auth/return`,
  scopes: JSON.parse(SCOPES) as string[],
  secret: 'a secret of at least thirty-two characters',
  redis: REDIS_URL,
  cache: JSON.parse(CACHE) as NonNullable<GoogleAuthOptions['cache']>,
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
/** Two routes that have nothing to do with users; the second one says so. */
app.get('/open', async () => ({ hello: 'world' }))
app.get('/left-alone', { config: { googleAuth: false } }, async () => ({ hello: 'world' }))
/** Makes the stored token one that has expired. */
app.post('/expire', signedIn, async (request) => {
  const storage = app.googleAuth.storageFor(request.googleUser?.sub ?? '')
  await storage.update((token) => token?.with({ expiresAt: Date.now() - 1 }) ?? null)
  return {}
})
app.post<{ Querystring: { user: string } }>('/sign-out-everywhere', async ({ query: { user } }) => {
  await app.googleAuth.signOutEverywhere(user)
  return {}
})
await app.listen({ port: Number(PORT), host: '127.0.0.1' })
answerReadings()
