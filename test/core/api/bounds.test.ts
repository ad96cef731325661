/** No answer takes more memory than it may, and no redirect leads where a call of an API must not go. */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { brotliCompressSync, createGzip, deflateSync, gzipSync } from 'node:zlib'
import t from 'tap'
import { MockAgent } from 'undici'
import { AccessTokenCredentials, ResponseTooLargeError, type Fetch } from '../../../src/core.js'
import { eventually } from '../../support/redis.js'
import { bodyOf, serve } from '../../support/local-server.js'

const BOUND = 200_000
const JSON_TYPE = { 'content-type': 'application/json' }
/** A JSON text of so many bytes. */
const jsonOf = (size: number): string => `"${'x'.repeat(size - 2)}"`

const answers: Record<string, (response: ServerResponse) => void> = {
  '/small': (response) => response.writeHead(200, JSON_TYPE).end(jsonOf(BOUND)),
  '/large': (response) => response.writeHead(200, JSON_TYPE).end(jsonOf(BOUND + 1)),
  '/chunks': (response) => {
    response.writeHead(200, JSON_TYPE).write(jsonOf(BOUND))
    response.end(' ')
  },
  '/noise': (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(randomBytes(BOUND))),
  '/error': (response) => response.writeHead(500, JSON_TYPE).end(jsonOf(BOUND + 1)),
  '/default': (response) =>
    response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(70_000_000))),
  '/endless': (response) => {
    response.writeHead(200, JSON_TYPE)
    endless(response, response)
  },
  '/endless-gzip': (response) => {
    response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' })
    const gzip = createGzip()
    gzip.pipe(response)
    endless(gzip, response)
  }
}
for (const [name, encode] of Object.entries({ gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync })) {
  for (const [size, text] of Object.entries({ small: jsonOf(BOUND), large: jsonOf(50 * BOUND) }))
    answers[`/${name}-${size}`] = (response) =>
      response.writeHead(200, { ...JSON_TYPE, 'content-encoding': name }).end(encode(text))
}

/** Writes zeros for as long as the connection lives. */
function endless(target: NodeJS.WritableStream, response: ServerResponse): void {
  const zeros = Buffer.alloc(65_536)
  const more = (): void => {
    while (!response.destroyed) if (!target.write(zeros)) return void target.once('drain', more)
  }
  response.on('close', () => closed.push(response.req.url ?? ''))
  more()
}

const closed: string[] = []
const origin = await serve(t, (request: IncomingMessage, response) => answers[request.url!]!(response))
const bounded = new AccessTokenCredentials('ya29.made', { maxResponseBytes: BOUND })
const tooLarge = { code: 'GOOGLE_AUTH_RESPONSE_TOO_LARGE', statusCode: 502, maxResponseBytes: BOUND }

t.test('an answer up to the bound is read, one beyond it is refused', async (t) => {
  for (const path of ['/small', '/gzip-small', '/deflate-small', '/br-small'])
    t.equal((await bounded.request<string>({ url: origin + path })).data.length, BOUND - 2, path)
  t.equal(
    (await bounded.request<ArrayBuffer>({ url: `${origin}/noise`, responseType: 'arraybuffer' })).data.byteLength,
    BOUND
  )
  for (const path of ['/large', '/chunks', '/error', '/gzip-large', '/deflate-large', '/br-large']) {
    for (const responseType of ['json', 'text', 'arraybuffer', 'blob', undefined]) {
      const error: unknown = await bounded
        .request({ url: origin + path, ...(responseType && { responseType }) })
        .catch((error: unknown) => error)
      t.match(error, tooLarge, `${path} as ${responseType}`)
      t.ok(error instanceof ResponseTooLargeError)
      t.match(String(error), /maxResponseBytes/)
    }
  }
})

t.test('what has no end is given up while it comes in', async (t) => {
  for (const path of ['/endless', '/endless-gzip']) {
    closed.length = 0
    await t.rejects(bounded.request({ url: origin + path }), tooLarge)
    await eventually(() => closed.includes(path))
  }
  t.pass('and its connection ended')
})

t.test('by default there is room for 64 MiB', async (t) => {
  const credentials = new AccessTokenCredentials('ya29.made')
  await t.rejects(credentials.request({ url: `${origin}/default` }), { ...tooLarge, maxResponseBytes: 67_108_864 })
  const roomy = new AccessTokenCredentials('ya29.made', { maxResponseBytes: Infinity })
  t.equal((await roomy.request<string>({ url: `${origin}/default` })).data.length, 70_000_000)
  for (const maxResponseBytes of [0, -1, NaN, '1' as unknown as number])
    t.throws(() => new AccessTokenCredentials('ya29.made', { maxResponseBytes }), {
      name: 'TypeError',
      message: /maxResponseBytes must be/
    })
})

t.test('streams and fetch are for their reader to bound', async (t) => {
  const { data } = await bounded.request({ url: `${origin}/gzip-large`, responseType: 'stream' })
  t.equal((await bodyOf(data as IncomingMessage)).length, 50 * BOUND)
  t.equal((await (await bounded.authorize()(`${origin}/gzip-large`)).text()).length, 50 * BOUND)
})

t.test('a fetch that took the place of Node’s is bounded too', async (t) => {
  const nodes = globalThis.fetch
  t.teardown(() => (globalThis.fetch = nodes))
  globalThis.fetch = async (...args) => nodes(...args)
  await t.rejects(bounded.request({ url: `${origin}/gzip-large` }), tooLarge)
  t.equal((await bounded.request<string>({ url: `${origin}/gzip-small` })).data.length, BOUND - 2)
})

t.test('redirects from https to http, and to this machine, are refused', async (t) => {
  const mock = new MockAgent()
  mock.disableNetConnect()
  const api = mock.get('https://www.googleapis.com')
  const asked: string[] = []
  const credentials = new AccessTokenCredentials('ya29.made', { dispatcher: mock })
  const base: Fetch = async (input) => {
    asked.push(String(input instanceof Request ? input.url : input))
    return new Response(null, { status: 302, headers: { location } })
  }
  let location = ''
  for (location of [
    'http://www.googleapis.com/x',
    'http://storage.googleapis.com/',
    'http://127.0.0.1:8080/',
    'https://127.0.0.1:8443/',
    'https://127.1/',
    'https://2130706433/',
    'https://localhost/',
    'https://LOCALHOST./',
    'https://app.localhost/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://0.0.0.0/',
    'https://[::]/'
  ]) {
    const headers = { location }
    const refused = {
      name: 'TypeError',
      message: /^The API redirects from https to http|^The API redirects to this machine/
    }
    api.intercept({ path: '/a' }).reply(302, '', { headers }).times(2)
    await t.rejects(credentials.request({ url: 'https://www.googleapis.com/a' }), refused, `request: ${location}`)
    await t.rejects(credentials.authorize()('https://www.googleapis.com/a'), refused, `fetch: ${location}`)
    await t.rejects(credentials.authorize(base)('https://www.googleapis.com/a'), refused, `own fetch: ${location}`)
  }
  t.same([...new Set(asked)], ['https://www.googleapis.com/a'])
  // To another host over https, and from http to https, as ever.
  api.intercept({ path: '/b' }).reply(302, '', { headers: { location: 'https://storage.googleapis.com/b' } })
  mock.get('https://storage.googleapis.com').intercept({ path: '/b' }).reply(200, 'there')
  t.equal((await credentials.request({ url: 'https://www.googleapis.com/b' })).data, 'there')
  mock
    .get('http://127.0.0.1:9')
    .intercept({ path: '/c' })
    .reply(302, '', { headers: { location: 'http://localhost:9/c' } })
  mock.get('http://localhost:9').intercept({ path: '/c' }).reply(200, 'here')
  t.equal((await credentials.request({ url: 'http://127.0.0.1:9/c' })).data, 'here', 'an API on this machine')
  mock.assertNoPendingInterceptors()
})
