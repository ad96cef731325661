import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import passport from 'passport'
import { Strategy, type Profile } from 'passport-google-oauth20'
import t from 'tap'
import { ADA, startFor } from '../app.js'

for (const hasState of [false, true]) {
  t.test(`passport-google-oauth20 signs in ${hasState ? 'with a state' : 'without a state'}`, async (t) => {
    const google = await startFor(t, { strict: false })
    let profile: Profile | null = null
    const { Passport } = passport as unknown as { Passport: new () => typeof passport }
    const own = new Passport()

    const server = createServer((request: IncomingMessage & { query?: object }, response) => {
      request.query = Object.fromEntries(new URL(request.url!, 'http://x').searchParams)
      const options = { scope: ['profile', 'email'], session: false, ...(hasState ? { state: 'a' } : {}) }
      own.authenticate('google', options)(request, response, (error: unknown) => {
        response.statusCode = error ? 500 : 200
        response.end(error instanceof Error ? error.message : 'signed in')
      })
    })
    t.teardown(() => server.close())
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    google.addRedirectUri(`${origin}/return`)
    const { web } = google.clientSecrets
    own.use(
      new Strategy(
        {
          clientID: web.client_id,
          clientSecret: web.client_secret,
          callbackURL: `${origin}/return`,
          authorizationURL: web.auth_uri,
          tokenURL: `${google.issuer}/oauth2/v4/token`,
          userProfileURL: `${google.issuer}/oauth2/v3/userinfo`
        },
        (_accessToken, _refreshToken, found, done) => {
          profile = found
          done(null, found)
        }
      )
    )

    const start = await fetch(origin, { redirect: 'manual' })
    t.equal(start.status, 302)
    const end = await fetch(await google.approve(start.headers.get('location')!))
    t.equal(await end.text(), 'signed in')
    t.match(profile, { id: ADA, displayName: 'Ada Lovelace', emails: [{ value: 'ada@example.com', verified: true }] })
  })
}
