/** Consent that a user gave in another browser counts in this one too, whoever keeps the sessions. */
import cookie from '@fastify/cookie'
import session from '@fastify/session'
import t from 'tap'
import { ADA, CALENDAR, SECRET, startApp, startGoogle } from '../../support/app.js'
import type { Browser } from '../../support/jar.js'

for (const whose of ['ours', 'those of the app'] as const) {
  t.test(`with sessions that are ${whose}`, async (t) => {
    const google = await startGoogle(t)
    const { browser } = await startApp(t, google, {
      before: async (app) => {
        if (whose === 'ours') return
        await app.register(cookie)
        await app.register(session, { secret: SECRET, cookie: { secure: false }, saveUninitialized: false })
      }
    })
    const open = async (): Promise<Browser> => {
      const one = browser()
      t.equal((await one.visit(google, '/auth/start', { sub: ADA.sub })).status, 200)
      return one
    }
    const [laptop, phone] = [await open(), await open()]
    t.equal((await phone.fetch('/calendar')).status, 403)
    t.equal((await laptop.visit(google, '/calendar', { sub: ADA.sub })).status, 200)
    t.equal((await phone.fetch('/calendar')).status, 200)
    t.ok((await phone.fetch('/me')).json().scopes.includes(CALENDAR), 'and the session keeps it')
  })
}
