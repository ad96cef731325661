/** What an app gets, answers and logs when an API says no. */
import type { ServerResponse } from 'node:http'
import { inspect } from 'node:util'
import Fastify from 'fastify'
import t from 'tap'
import { AccessTokenCredentials, GoogleApiError, OAuth2Credentials } from '../../../src/core.js'
import { serve } from '../../support/local-server.js'

const NOT_FOUND = {
  error: {
    code: 404,
    message: 'Not Found',
    status: 'NOT_FOUND',
    errors: [{ domain: 'global', reason: 'notFound', message: 'Not Found' }]
  }
}

let answer: (response: ServerResponse) => void = () => {}
const url = await serve(t, (_request, response) => answer(response))
const credentials = new AccessTokenCredentials('ya29.s3cr3t-token')

/** Has the API answer so once and for all. */
function answering(status: number, body: unknown = 'no', headers: Record<string, string> = {}): void {
  const json = typeof body === 'object'
  answer = (response) =>
    response
      .writeHead(status, { 'content-type': json ? 'application/json' : 'text/plain', ...headers })
      .end(json ? JSON.stringify(body) : body)
}

t.test('it has what the errors of Google’s clients have', async (t) => {
  answering(404, NOT_FOUND)
  const error: unknown = await credentials.request({ url, params: { q: 1 } }).catch((error: unknown) => error)
  t.ok(error instanceof GoogleApiError && error instanceof Error)
  t.match(error, {
    name: 'GoogleApiError',
    message: 'Not Found',
    status: 404,
    code: 404,
    errors: [{ reason: 'notFound' }],
    response: { status: 404, statusText: 'Not Found', data: NOT_FOUND, config: { url, params: { q: 1 } } },
    config: { url, params: { q: 1 } }
  })
  for (const [body, message] of [
    ['no words', 'The API answered 404'],
    [{ error: 'invalid_request' }, 'invalid_request'],
    [{ error: null }, 'The API answered 404'],
    [{ error: { message: 5 } }, 'The API answered 404']
  ] as const) {
    answering(404, body)
    await t.rejects(credentials.request({ url }), { message, status: 404, code: 404 })
  }
})

t.test('Fastify answers it as trouble of the app’s upstream, not as the app’s own', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.get('/', () => credentials.request({ url }))
  const other = new OAuth2Credentials({ token: { accessToken: 'a', scopes: [] }, clientId: 'c' })
  app.get('/refused', () => other.request({ url }))
  const date = new Date(Date.now() + 30_000).toUTCString()
  const cases: [status: number, retryAfter: string | undefined, statusCode: number, told: RegExp | undefined][] = [
    [400, undefined, 502, undefined],
    [403, undefined, 502, undefined],
    [404, undefined, 502, undefined],
    [404, '7', 502, undefined],
    [409, undefined, 502, undefined],
    [429, undefined, 503, /^2$/],
    [429, '7', 503, /^7$/],
    [429, '0', 503, /^1$/],
    [429, 'soon', 503, /^2$/],
    [429, date, 503, /^(29|30)$/],
    [500, undefined, 503, /^2$/],
    [503, '120', 503, /^120$/]
  ]
  for (const [status, retryAfter, statusCode, told] of cases) {
    answering(
      status,
      { error: { code: status, message: 'told by Google' } },
      retryAfter ? { 'retry-after': retryAfter } : {}
    )
    const reply = await app.inject('/')
    t.equal(reply.statusCode, statusCode, `${status} ${retryAfter}`)
    t.match(reply.json(), { statusCode, code: String(status), message: 'told by Google' })
    if (told === undefined) t.notOk('retry-after' in reply.headers)
    else t.match(reply.headers['retry-after'], told)
  }
  // A 401 that no refresh can heal is not the visitor's either.
  answering(401)
  t.equal((await app.inject('/refused')).statusCode, 502)
})

t.test('no print of it holds a token or a header of ours', async (t) => {
  const lines: string[] = []
  const app = Fastify({ logger: { stream: { write: (line: string) => void lines.push(line) } } })
  t.teardown(() => app.close())
  answering(503, NOT_FOUND)
  const errors: unknown[] = []
  app.get('/', async () => {
    for (const headers of [
      { 'x-mine': 'shown', Authorization: 'Bearer s3cr3t-own' },
      [
        ['x-mine', 'shown'],
        ['AUTHORIZATION', 'Bearer s3cr3t-own']
      ] as [string, string][],
      new Headers({ 'x-mine': 'shown', authorization: 'Bearer s3cr3t-own' })
    ]) {
      const error: unknown = await credentials.request({ url, headers }).catch((error: unknown) => error)
      errors.push(error)
    }
    throw errors[0] as Error
  })
  t.equal((await app.inject('/')).statusCode, 503)
  const everything = { depth: Infinity, showHidden: true, getters: true }
  for (const error of errors) {
    app.log.error(error)
    const prints = [inspect(error, everything), JSON.stringify(error), JSON.stringify({ ...(error as object) })]
    for (const print of prints) {
      t.match(print, /shown/)
      t.notMatch(print, /s3cr3t|bearer|authorization/i)
    }
  }
  const log = lines.join('')
  t.match(log, /GoogleApiError/)
  t.notMatch(log, /s3cr3t|bearer|authorization/i)
})
