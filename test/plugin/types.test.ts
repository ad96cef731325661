import { fileURLToPath } from 'node:url'
import { calendar as calendar16 } from '@googleapis/calendar'
import Fastify, { type FastifyInstance, type FastifyRequest, type onRequestAsyncHookHandler } from 'fastify'
import t from 'tap'
import ts from 'typescript'
import {
  googleAuth,
  type GoogleAuth,
  type GoogleAuthOptions,
  type GoogleClient,
  type GoogleUser
} from '../../src/index.js'
import { calendar as calendar20 } from '../newest-google-client/calendar.js'
import { ADA, CALENDAR, startApp, startGoogle } from '../support/app.js'

/** Compiles only when each type can replace the other. */
const same = <A, B>(holds: [A] extends [B] ? ([B] extends [A] ? true : false) : false): boolean => holds

t.test('the types that the plugin declares', async (t) => {
  t.ok(same<FastifyInstance['googleAuth'], GoogleAuth>(true))
  t.ok(same<FastifyRequest['googleUser'], GoogleUser | null>(true))
  t.ok(same<FastifyRequest['googleClient'], GoogleClient>(true))
  t.ok(same<ReturnType<GoogleAuth['required']>, onRequestAsyncHookHandler>(true))
})

t.test('typed where it matters: behind a guard, and options that are spelt wrongly', async (t) => {
  t.ok(same<FastifyRequest['signedInUser'], GoogleUser>(true))
  const session: NonNullable<GoogleAuthOptions['session']> = { cookieName: 'sid', cookie: { maxAge: 1 } }
  // @ts-expect-error: spelt wrongly
  const misspelt: NonNullable<GoogleAuthOptions['session']> = { cookieNam: 'sid' }
  // @ts-expect-error: the secret is the plugin's own option
  const secret: NonNullable<GoogleAuthOptions['session']> = { secret: 'x'.repeat(32) }
  const options = {
    clientId: 'a',
    clientSecret: 'b',
    redirectUri: 'https://a.example/auth/return',
    secret: 'x'.repeat(32)
  }
  const errorOf = async (given: object): Promise<unknown> => {
    const app = Fastify()
    t.teardown(() => app.close())
    return app.register(googleAuth, { ...options, session: given }).then(
      () => null,
      (error: unknown) => error
    )
  }
  t.equal(await errorOf(session), null)
  t.match(await errorOf(misspelt), { name: 'TypeError', message: /session\.cookieNam is not known/ })
  t.match(await errorOf(secret), { name: 'TypeError', message: /session\.secret is the option secret/ })
})

t.test('auth for @googleapis/calendar 16 and 20, without a cast', async (t) => {
  const google = await startGoogle(t)
  const { signedIn } = await startApp(t, google, {
    options: { scopes: ['openid', 'email', CALENDAR] },
    routes(app, google) {
      const guarded = { onRequest: app.googleAuth.required({ scopes: [CALENDAR] }) }
      const rootUrl = `${google.apiOrigin}/`
      const event = {
        summary: 'tea',
        start: { dateTime: '2030-01-01T10:00:00Z' },
        end: { dateTime: '2030-01-01T11:00:00Z' }
      }
      app.get('/16', guarded, async (request) => {
        const { events } = calendar16({ version: 'v3', auth: request.googleClient.auth, rootUrl })
        await events.insert({ calendarId: 'primary', requestBody: event })
        const { data } = await events.list({ calendarId: 'primary', maxResults: 10 })
        return data.items?.map(({ summary }) => summary)
      })
      app.get('/20', guarded, async (request) => {
        const { events } = calendar20({ version: 'v3', auth: request.googleClient.auth, rootUrl })
        const { data: made } = await events.insert({ calendarId: 'primary', requestBody: event })
        await events.patch({ calendarId: 'primary', eventId: made.id ?? '', requestBody: { summary: 'coffee' } })
        const { data } = await events.list({ calendarId: 'primary' })
        return data.items?.map(({ summary }) => summary)
      })
      app.get('/none', guarded, async (request) => {
        const { events } = calendar16({ version: 'v3', auth: request.googleClient.auth, rootUrl })
        try {
          return await events.get({ calendarId: 'primary', eventId: 'none' })
        } catch (error) {
          return (error as { code?: unknown }).code
        }
      })
    }
  })
  const ada = await signedIn()
  t.match((await ada.fetch('/16')).json().at(-1), 'tea')
  google.expireAccessTokens(ADA.sub)
  t.same((await ada.fetch('/20')).json().slice(-2), ['tea', 'coffee'], 'also after a 401')
  t.equal((await ada.fetch('/none')).text, '404')
})

/** A user's file, against the built package. */
const USERS_FILE = fileURLToPath(new URL('../../of-a-user.ts', import.meta.url))
const USERS_CODE = `
  import { calendar as calendar16 } from '@googleapis/calendar'
  import { calendar as calendar20 } from './test/newest-google-client/calendar.js'
  import type { GoogleClient } from 'fastify-google-auth'
  import type { Credentials } from 'fastify-google-auth/core'
  export const apis = (client: GoogleClient, credentials: Credentials) =>
    [client, credentials].flatMap(({ auth }) => [calendar16({ version: 'v3', auth }), calendar20({ version: 'v3', auth })])
`

for (const skipLibCheck of [true, false]) {
  t.test(`auth compiles with skipLibCheck ${skipLibCheck}`, async (t) => {
    const options: ts.CompilerOptions = {
      strict: true,
      noEmit: true,
      module: ts.ModuleKind.NodeNext,
      target: ts.ScriptTarget.ES2023,
      lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
      types: ['node'],
      skipLibCheck
    }
    const host = ts.createCompilerHost(options)
    host.fileExists = (file) => file === USERS_FILE || ts.sys.fileExists(file)
    host.readFile = (file) => (file === USERS_FILE ? USERS_CODE : ts.sys.readFile(file))
    const program = ts.createProgram([USERS_FILE], options, host)
    t.ok(program.getSourceFile(USERS_FILE), 'is read')
    t.same(
      ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' ')),
      []
    )
  })
}
