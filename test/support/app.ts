import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import type { Test } from 'tap'
import { googleAuth, type GoogleAuthOptions } from '../../src/index.js'
import { startGoogleEmulator, type GoogleEmulator, type EmulatorOptions } from '../../src/emulator.js'
import { Browser, type Headers } from './jar.js'
import { freePort, type RedisServer, startRedis, type StartOptions } from './redis.js'

export const CALENDAR = 'https://www.googleapis.com/auth/calendar.events'
export const DRIVE = 'https://www.googleapis.com/auth/drive.file'
export const ADA = { sub: '110248495921238986420', email: 'ada@example.com' }
export const GRACE = { sub: '113374039128844615207', email: 'grace@example.com' }
export const KATHERINE = { sub: '117955023018846200394', email: 'katherine@workspace.example' }
export const SECRET = 'a secret of these tests, long enough: 0123456789'

/** An emulator. It closes with the test. */
export async function startGoogle(t: Test, options?: EmulatorOptions): Promise<GoogleEmulator> {
  const google = await startGoogleEmulator({ strict: true, ...options })
  t.teardown(() => google.close())
  return google
}

/** A redis-server. It ends with the test. */
export async function startRedisFor(t: Test, options?: StartOptions): Promise<RedisServer> {
  const redis = await startRedis(options)
  t.teardown(() => redis.stop())
  return redis
}

export interface TestApp {
  app: FastifyInstance
  google: GoogleEmulator
  port: number
  origin: string
  /** The lines of the log, at level trace, each as JSON. */
  log: string[]
  browser: (headers?: Headers) => Browser
  /** A browser whose user is signed in. Default: Ada. */
  signedIn: (user?: { sub: string }) => Promise<Browser>
}

export interface Setup {
  options?: Partial<GoogleAuthOptions>
  /** Options of Fastify. */
  server?: Pick<FastifyServerOptions, 'trustProxy' | 'handlerTimeout'>
  /** Called before the plugin is registered. */
  before?: (app: FastifyInstance) => unknown
  /** Called after the plugin is registered, instead of `demoRoutes`. */
  routes?: (app: FastifyInstance, google: GoogleEmulator) => unknown
  /** The origin in the address bar. Default: http on 127.0.0.1. */
  origin?: string
  /** Default: a free port. */
  port?: number
}

/** The options of an app that signs in at `google`. */
export function optionsFor(google: GoogleEmulator, redirectUri: string): GoogleAuthOptions {
  return {
    clientSecrets: google.clientSecrets,
    issuer: google.issuer,
    redirectUri,
    secret: SECRET,
    apiOrigins: [google.apiOrigin]
  }
}

/** The options of an app whose tests need no Google: their users enter by `signIn` of the testing kit. */
export const WITHOUT_GOOGLE = {
  clientId: 'client',
  clientSecret: 'client-secret',
  redirectUri: 'http://localhost:3000/auth/return',
  secret: SECRET
}

/** A listening app with the plugin. It closes with the test. */
export async function startApp(t: Test, google: GoogleEmulator, setup: Setup = {}): Promise<TestApp> {
  const port = setup.port ?? (await freePort())
  const origin = setup.origin ?? `http://127.0.0.1:${port}`
  const redirectUri = setup.options?.redirectUri ?? `${origin}/auth/return`
  if (!google.clientSecrets.web.redirect_uris.includes(redirectUri)) google.addRedirectUri(redirectUri)
  const log: string[] = []
  const app = Fastify({
    ...setup.server,
    logger: { level: 'trace', stream: { write: (line: string) => void log.push(line) } },
    forceCloseConnections: true
  })
  t.teardown(() => app.close())
  await setup.before?.(app)
  await app.register(googleAuth, { ...optionsFor(google, redirectUri), ...setup.options })
  if (setup.routes) await setup.routes(app, google)
  else demoRoutes(app, google)
  await app.listen({ host: '127.0.0.1', port })
  const browser = (headers?: Headers): Browser => new Browser(origin, port, headers)
  return {
    app,
    google,
    port,
    origin,
    log,
    browser,
    async signedIn(user = ADA) {
      const one = browser()
      const page = await one.visit(google, '/auth/start', { sub: user.sub })
      if (!one.session) throw new Error(`not signed in: ${page.status} ${page.text}`)
      return one
    }
  }
}

export const EVENTS_PATH = '/calendar/v3/calendars/primary/events'

/** A home page, a guarded route, one that needs the calendar, and one that uses it. */
export function demoRoutes(app: FastifyInstance, google: GoogleEmulator): void {
  const { required } = app.googleAuth
  app.get('/', (request) => ({ home: true, user: request.googleUser }))
  app.get('/me', { onRequest: required() }, (request) => request.googleUser)
  app.get('/calendar', { onRequest: required({ scopes: [CALENDAR] }) }, () => ({ calendar: true }))
  app.route({
    method: ['GET', 'POST'],
    url: '/events',
    onRequest: required({ scopes: [CALENDAR] }),
    handler: async (request) => {
      const response = await request.googleClient.fetch(google.apiOrigin + EVENTS_PATH)
      return { status: response.status, items: ((await response.json()) as { items: unknown[] }).items }
    }
  })
}
