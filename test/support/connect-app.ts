import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Test } from 'tap'
import type { GoogleAuthOptions } from '../../src/index.js'
import type { GoogleEmulator } from '../../src/emulator.js'
import { CALENDAR, EVENTS_PATH, startApp, type TestApp } from './app.js'
import type { Browser, Visit } from './jar.js'

export interface ConnectApp extends TestApp {
  /** A browser in which this user of the app is signed in. */
  of: (user: string) => Browser
  /** Connects an account, and returns the last page. */
  connect: (browser: Browser, account: { sub: string }, start?: string) => Promise<Visit>
}

/** An app with users of its own: a cookie `user` names one. It only connects Google. */
export async function startConnectApp(
  t: Test,
  google: GoogleEmulator,
  options: Partial<GoogleAuthOptions> = {},
  routes: (app: FastifyInstance) => unknown = () => {}
): Promise<ConnectApp> {
  const app = await startApp(t, google, {
    options: { owner: userOf, ...options },
    routes(app) {
      const { required } = app.googleAuth
      app.get('/', () => ({ home: true }))
      app.get('/accounts', (request) => request.googleAccounts())
      app.get('/connected', { onRequest: required() }, () => ({ connected: true }))
      app.get('/calendar', { onRequest: required({ scopes: [CALENDAR] }) }, () => ({ calendar: true }))
      app.get('/events', async (request) => {
        const client = request.googleClient
        const { status } = await client.fetch(google.apiOrigin + EVENTS_PATH)
        return { status, account: client.user }
      })
      app.get<{ Params: { account: string } }>('/events/:account', async (request) => {
        const client = request.googleClientFor(request.params.account)
        const { status } = await client.fetch(google.apiOrigin + EVENTS_PATH)
        return { status, account: client.user }
      })
      app.get<{ Params: { account: string } }>(
        '/of/:account',
        {
          onRequest: required({
            scopes: [CALENDAR],
            account: (request) => (request.params as { account: string }).account
          })
        },
        (request) => ({ of: request.params.account })
      )
      return routes(app)
    }
  })
  return {
    ...app,
    of(user) {
      const browser = app.browser()
      browser.cookies.set('user', { value: user, attributes: {} })
      return browser
    },
    connect: (browser, { sub }, start = '/auth/start') => browser.visit(google, start, { sub })
  }
}

function userOf(request: FastifyRequest): string | null {
  return request.cookies['user'] ?? null
}
