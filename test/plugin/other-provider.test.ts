import { calendar } from '@googleapis/calendar'
import { createEmulator } from 'emulate'
import Fastify from 'fastify'
import t from 'tap'
import { googleAuth } from '../../src/index.js'
import { CALENDAR, SECRET } from '../support/app.js'
import { Browser } from '../support/jar.js'
import { freePort } from '../support/redis.js'

const CLIENT = { clientId: 'our-client.apps.googleusercontent.com', clientSecret: 'GOCSPX-of-our-client' }
const EMAIL = 'ada@example.com'

/** Presses Ada's button on the page of the provider, and returns the URL that leads back. */
async function chooseAccount(authorizeUrl: string): Promise<string> {
  const page = await (await fetch(authorizeUrl)).text()
  const form = page.match(/<form[\s\S]*?<\/form>/g)?.find((each) => each.includes(`value="${EMAIL}"`)) ?? ''
  const [, action = ''] = /<form[^>]+action="([^"]+)"/.exec(form) ?? []
  const inputs = [...form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)]
  const body = new URLSearchParams(
    inputs.map(([, name = '', value = '']): [string, string] => [name, value.replaceAll('&amp;', '&')])
  )
  const response = await fetch(new URL(action, authorizeUrl), { method: 'POST', body, redirect: 'manual' })
  return response.headers.get('location') ?? ''
}

t.test('a whole sign-in at a provider of another author', async (t) => {
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const provider = await createEmulator({
    service: 'google',
    port: await freePort(),
    seed: {
      google: {
        users: [{ email: EMAIL, name: 'Ada Lovelace' }],
        oauth_clients: [
          {
            client_id: CLIENT.clientId,
            client_secret: CLIENT.clientSecret,
            redirect_uris: [`${origin}/auth/return`]
          }
        ]
      }
    }
  })
  t.teardown(() => provider.close())
  const app = Fastify({ forceCloseConnections: true })
  t.teardown(() => app.close())
  await app.register(googleAuth, {
    ...CLIENT,
    issuer: provider.url,
    redirectUri: `${origin}/auth/return`,
    scopes: ['openid', 'email', 'profile', CALENDAR],
    secret: SECRET,
    apiOrigins: [provider.url]
  })
  const guard = app.googleAuth.required({ scopes: [CALENDAR] })
  app.get('/me', { onRequest: guard }, (request) => request.googleUser)
  app.post('/events', { onRequest: guard }, async (request) => {
    const api = calendar({ version: 'v3', auth: request.googleClient.auth, rootUrl: `${provider.url}/` })
    const requestBody = {
      summary: 'Tea',
      start: { dateTime: '2030-01-01T10:00:00Z' },
      end: { dateTime: '2030-01-01T11:00:00Z' }
    }
    await api.events.insert({ calendarId: 'primary', requestBody })
    const { data } = await api.events.list({ calendarId: 'primary' })
    return data.items?.map(({ summary }) => summary)
  })
  await app.listen({ host: '127.0.0.1', port })

  const browser = new Browser(origin, port)
  const toSignIn = await browser.navigate('/me')
  const toProvider = await browser.navigate(toSignIn.location)
  const back = new URL(await chooseAccount(toProvider.location))
  const signedIn = await browser.navigate(back.pathname + back.search)
  t.equal(signedIn.location, '/me', 'comes back to the page')
  t.match(
    (await browser.navigate('/me')).json(),
    { email: EMAIL, name: 'Ada Lovelace' },
    'the user comes from the ID token'
  )
  const events = await browser.send('/events', { method: 'POST', headers: { accept: 'application/json' } })
  t.ok((events.json() as string[]).includes('Tea'), "adds and lists an event with Google's own client")

  const again = await browser.navigate(back.pathname + back.search)
  t.equal(again.location, '/', 'a used return URL redirects')
  const revoked = await browser.send('/auth/revoke', { method: 'POST', headers: { accept: 'application/json' } })
  t.equal(revoked.status, 204)
  t.equal((await browser.send('/me', { headers: { accept: 'application/json' } })).status, 401, 'the session is over')
})
