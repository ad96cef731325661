/** @fastify/cors: a single-page app on another port of the same site. */
import fastifyCors from '@fastify/cors'
import t from 'tap'
import { ADA } from '../support/app.js'
import { besideNeighbour } from '../support/neighbour.js'

const SPA = 'http://127.0.0.1:5173'
const FROM_SPA = { origin: SPA, referer: `${SPA}/`, 'sec-fetch-site': 'same-site' }
const READABLE = { 'access-control-allow-origin': SPA, 'access-control-allow-credentials': 'true' }

t.test('a single-page app on another port', async (t) => {
  const { google, browser } = await besideNeighbour(
    t,
    (app) => app.register(fastifyCors, { origin: [SPA], credentials: true }),
    { options: { trustedOrigins: [SPA] } }
  )
  const user = browser()
  const stranger = await user.fetch('/me', { headers: FROM_SPA })
  t.match([stranger.status, stranger.headers], [401, READABLE], 'a script can read what a stranger gets')
  const { authorizeUrl } = stranger.json() as { authorizeUrl: string }
  const started = await user.navigate(authorizeUrl, { headers: { referer: `${SPA}/`, 'sec-fetch-site': 'same-site' } })
  const back = await user.navigate(
    new URL(await google.approve(started.location, { sub: ADA.sub })).href.slice(user.origin.length)
  )
  t.equal(back.location, `${SPA}/`, 'the sign-in ends where it began')

  const me = await user.fetch('/me', { headers: FROM_SPA })
  t.match([me.status, me.headers, me.json()], [200, READABLE, ADA])
  const asked = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' }
  const preflight = await user.fetch('/auth/signout', { method: 'OPTIONS', headers: { ...FROM_SPA, ...asked } })
  t.match([preflight.status, preflight.headers], [204, READABLE], 'a preflight of our route')

  const evil = await user.fetch('/auth/signout', {
    method: 'POST',
    headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
  })
  t.match([evil.status, evil.json()], [403, { code: 'GOOGLE_AUTH_CROSS_SITE' }])
  t.equal((await user.fetch('/me', { headers: FROM_SPA })).status, 200)
  const out = await user.fetch('/auth/signout', { method: 'POST', headers: FROM_SPA })
  t.match([out.status, out.headers], [204, READABLE])
  t.equal((await user.fetch('/me', { headers: FROM_SPA })).status, 401)
})
