import { randomBytes } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import { Agent, fetch as undiciFetch } from 'undici'
import { Credentials, OAuth2Credentials, type Fetch, type Token } from '../../../src/core.js'
import type { Hop } from '../../../src/core/api/calls/call.js'
import { allowOrigins } from '../../../src/core/api/origins.js'
import { bodyOf, serve } from '../../support/local-server.js'

type Body = NonNullable<RequestInit['body']>

interface Seen {
  method: string
  url: string
  authorization: string | undefined
  type: string | undefined
  body: Buffer
}

type Answer = (request: IncomingMessage, response: ServerResponse, count: number) => void

/** A server that keeps what it was sent. */
async function api(t: Test, answer: Answer): Promise<{ origin: string; seen: Seen[] }> {
  const seen: Seen[] = []
  const origin = await serve(t, (request, response) => {
    void bodyOf(request).then(
      (body) => {
        const { method = '', url = '', headers } = request
        seen.push({ method, url, authorization: headers.authorization, type: headers['content-type'], body })
        answer(request, response, seen.length)
      },
      () => {}
    )
  })
  return { origin, seen }
}

/** A user with a token endpoint that gives `ya29.2`, `ya29.3`, … */
async function user(
  t: Test,
  { hang = false } = {}
): Promise<{ credentials: OAuth2Credentials; refreshes: () => number }> {
  let count = 0
  const listener: RequestListener = (_request, response) => {
    count++
    if (hang) return
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ access_token: `ya29.${count + 1}`, token_type: 'Bearer', expires_in: 3600 }))
  }
  const origin = await serve(t, listener)
  const credentials = new OAuth2Credentials({
    token: { accessToken: 'ya29.1', refreshToken: '1//r', expiresAt: hang ? 1 : Date.now() + 3_600_000, scopes: [] },
    clientId: 'c',
    tokenUri: `${origin}/token`
  })
  return { credentials, refreshes: () => count }
}

const refusesFirst: Answer = (request, response) => {
  response.writeHead(request.headers.authorization === 'Bearer ya29.1' ? 401 : 200, { 'content-type': 'text/plain' })
  response.end('answer')
}

t.test('after a 401: one refresh, and the whole request again', async (t) => {
  const large = randomBytes(3_000_000)
  const form = new FormData()
  form.set('a', 'b')
  const bodies: [string, Body, (body: Buffer) => boolean][] = [
    ['text', 'käse', (body) => body.toString() === 'käse'],
    ['bytes', large, (body) => body.equals(large)],
    ['a Blob', new Blob([large]), (body) => body.equals(large)],
    ['form fields', new URLSearchParams({ a: 'ß' }), (body) => body.toString() === 'a=%C3%9F'],
    ['a form', form, (body) => body.toString().includes('name="a"\r\n\r\nb')]
  ]
  for (const [name, body, whole] of bodies) {
    for (const asRequest of [false, true]) {
      const { origin, seen } = await api(t, refusesFirst)
      const { credentials, refreshes } = await user(t)
      const init = { method: 'PUT', body, headers: { 'x-mine': '1', authorization: 'Basic other' } }
      const send = credentials.authorize()
      const response = await (asRequest ? send(new Request(`${origin}/x`, init)) : send(`${origin}/x`, init))
      t.equal(response.status, 200, `${name}${asRequest ? ' in a Request' : ''}`)
      t.equal(await response.text(), 'answer')
      t.equal(refreshes(), 1)
      t.same(
        seen.map(({ method, authorization }) => [method, authorization]),
        [
          ['PUT', 'Bearer ya29.1'],
          ['PUT', 'Bearer ya29.2']
        ]
      )
      t.ok(
        seen.every(({ body }) => whole(body)),
        'the body was whole both times'
      )
    }
  }
})

t.test('many at once share the refresh, and each body arrives', async (t) => {
  const { origin, seen } = await api(t, refusesFirst)
  const { credentials, refreshes } = await user(t)
  const send = credentials.authorize()
  const statuses = await Promise.all(
    Array.from({ length: 20 }, async (_, i) => (await send(origin, { method: 'POST', body: `body ${i}` })).status)
  )
  t.ok(statuses.every((status) => status === 200))
  t.equal(refreshes(), 1)
  const arrived = seen
    .filter(({ authorization }) => authorization === 'Bearer ya29.2')
    .map(({ body }) => body.toString())
  t.same(arrived.sort(), Array.from({ length: 20 }, (_, i) => `body ${i}`).sort())
})

t.test('a stream is sent once: the 401 is returned, and the next request has a new token', async (t) => {
  for (const body of [
    () => new Blob(['streamed']).stream(),
    () => Readable.from(['stre', 'amed']) as unknown as Body,
    () =>
      (async function* () {
        yield Buffer.from('streamed')
      })() as unknown as Body
  ]) {
    const { origin, seen } = await api(t, refusesFirst)
    const { credentials, refreshes } = await user(t)
    const send = credentials.authorize()
    t.equal((await send(origin, { method: 'POST', body: body(), duplex: 'half' })).status, 401)
    t.equal((await send(origin, { method: 'POST', body: body(), duplex: 'half' })).status, 200)
    t.same(
      seen.map(({ body }) => body.toString()),
      ['streamed', 'streamed']
    )
    t.equal(refreshes(), 1)
  }
})

t.test('without a refresh token the 401 is returned, body and all; a second 401 likewise', async (t) => {
  const { origin, seen } = await api(t, (_request, response) => response.writeHead(401).end('why not'))
  const bare = new OAuth2Credentials({ token: { accessToken: 'a', scopes: [] }, clientId: 'c' })
  const response = await bare.authorize()(origin)
  t.same([response.status, await response.text(), seen.length], [401, 'why not', 1])
  const { credentials, refreshes } = await user(t)
  const second = await credentials.authorize()(origin)
  t.same([second.status, await second.text(), refreshes()], [401, 'why not', 1])
})

t.test(
  'a redirect within the origin takes the token along, one beyond it does not, and it never comes back',
  async (t) => {
    for (const base of bases()) {
      const home = await api(t, (request, response) => {
        const to = new URL(request.url!, 'http://x').searchParams.get('to')
        if (to) response.writeHead(302, { location: to }).end()
        else response.end('home')
      })
      const foreign = await api(t, (_request, response) =>
        response.writeHead(302, { location: `${home.origin}/back` }).end()
      )
      const { credentials } = await user(t)
      const send = credentials.authorize(base)
      const near = await send(`${home.origin}/a?to=/b`)
      t.same([await near.text(), near.redirected, near.url], ['home', true, `${home.origin}/b`])
      t.same(
        home.seen.map(({ authorization }) => authorization),
        ['Bearer ya29.1', 'Bearer ya29.1']
      )
      home.seen.length = 0
      const far = await send(`${home.origin}/a?to=${foreign.origin}/x`, { headers: { cookie: 'mine=1' } })
      t.equal(await far.text(), 'home')
      t.same(
        foreign.seen.map(({ authorization }) => authorization),
        [undefined]
      )
      t.same(
        home.seen.map(({ authorization }) => authorization),
        ['Bearer ya29.1', undefined]
      )
    }
  }
)

t.test('a 401 of a foreign origin says nothing about the token', async (t) => {
  const foreign = await api(t, (_request, response) => response.writeHead(401).end())
  const home = await api(t, (_request, response) => response.writeHead(307, { location: foreign.origin }).end())
  const { credentials, refreshes } = await user(t)
  t.equal((await credentials.authorize()(home.origin)).status, 401)
  await t.rejects(credentials.request({ url: home.origin }), { name: 'GoogleApiError', status: 401 })
  t.equal(refreshes(), 0)
})

t.test('redirects end as those of fetch do', async (t) => {
  const { origin, seen } = await api(t, (request, response) => {
    const url = new URL(request.url!, 'http://x')
    const [status, to] = [url.searchParams.get('s'), url.searchParams.get('to')]
    if (status === null) return response.end('here')
    response.writeHead(Number(status), to === null ? {} : { location: to }).end('moved')
  })
  const { credentials } = await user(t)
  const send = credentials.authorize()
  for (const status of [301, 302, 303, 307, 308]) {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE']) {
      const init =
        method === 'POST' || method === 'PUT' ? { method, body: 'x', headers: { 'content-type': 'a/b' } } : { method }
      const outcome = async (how: Fetch): Promise<unknown> => {
        seen.length = 0
        const response = await how(`${origin}/?s=${status}&to=/next%23there`, init)
        const text = await response.text()
        return [
          response.status,
          response.url,
          response.redirected,
          text,
          seen.map(({ method, url, type, body }) => [method, url, type, body.toString()])
        ]
      }
      t.same(await outcome(send), await outcome(fetch), `${status} of ${method}`)
    }
  }
  t.equal((await send(`${origin}/?s=302`)).status, 302, 'without a location it is an answer')
  t.equal((await send(`${origin}/?s=302&to=/x`, { redirect: 'manual' })).status, 302)
  t.equal((await send(new Request(`${origin}/?s=302&to=/x`, { redirect: 'manual' }))).status, 302)
  await t.rejects(send(`${origin}/?s=302&to=/x`, { redirect: 'error' }), TypeError)
  await t.rejects(send(`${origin}/?s=302&to=ftp://x/`), TypeError)
  await t.rejects(send(`${origin}/?s=302&to=http://`), TypeError)
  seen.length = 0
  await t.rejects(send(`${origin}/?s=302&to=${encodeURIComponent('/?s=302&to=?s=302%26to=')}`), TypeError, 'a circle')
  await t.rejects(
    send(`${origin}/?s=307&to=/x`, { method: 'POST', body: new Blob(['x']).stream(), duplex: 'half' }),
    TypeError
  )
  const whole = await send(new Request(`${origin}/?s=307&to=/x`, { method: 'POST', body: 'again' }))
  t.equal(whole.status, 200)
  t.same(
    seen.slice(-2).map(({ body }) => body.toString()),
    ['again', 'again']
  )
})

t.test('only allowed origins are asked, also where a redirect leads', async (t) => {
  const foreign = await api(t, (_request, response) => response.end('foreign'))
  const home = await api(t, (_request, response) => response.writeHead(302, { location: foreign.origin }).end())
  const credentials = new OAuth2Credentials({
    token: { accessToken: 'a', scopes: [] },
    clientId: 'c',
    apiOrigins: [home.origin]
  })
  const send = credentials.authorize()
  t.equal(await (await send(home.origin)).text(), 'foreign', 'followed, without the token')
  t.same(
    foreign.seen.map(({ authorization }) => authorization),
    [undefined]
  )
  for (const input of [foreign.origin, new URL(foreign.origin), new Request(foreign.origin)]) {
    await t.rejects(send(input), { code: 'GOOGLE_AUTH_ORIGIN', origin: foreign.origin })
  }
  await t.rejects(send('/relative'), { code: 'GOOGLE_AUTH_ORIGIN' })
  await t.rejects(send(home.origin.replace('://', '://user:pass@')), { code: 'GOOGLE_AUTH_ORIGIN' })
  t.equal(foreign.seen.length, 1)
})

t.test('a signal ends the wait for a token, for an answer, and for its body', async (t) => {
  const slow = await user(t, { hang: true })
  const reason = new Error('enough')
  const aborting = new AbortController()
  const waiting = slow.credentials.authorize()('http://127.0.0.1:9/', { signal: aborting.signal })
  aborting.abort(reason)
  t.equal(await waiting.catch((error: unknown) => error), reason, 'while waiting for a token')
  const { credentials } = await user(t)
  t.equal(
    await credentials
      .authorize()('http://127.0.0.1:9/', { signal: AbortSignal.abort(reason) })
      .catch((e: unknown) => e),
    reason
  )
  const origin = await serve(t, (request, response) => {
    if (request.url === '/body') response.write('begin')
  })
  const answer = new AbortController()
  const asked = credentials.authorize()(new Request(`${origin}/never`, { signal: answer.signal }))
  setTimeout(() => answer.abort(), 50)
  await t.rejects(asked, { name: 'AbortError' })
  const body = new AbortController()
  const response = await credentials.authorize()(`${origin}/body`, { signal: body.signal })
  setTimeout(() => body.abort(), 20)
  await t.rejects(response.text(), { name: 'AbortError' })
})

t.test('retries: idempotent requests on 429 and 503, as long as Retry-After asks, whole', async (t) => {
  const times: number[] = []
  const later: Answer = (request, response, count) => {
    times.push(Date.now())
    if (count % 3 === 0) response.end('at last')
    else
      response
        .writeHead(count % 3 === 1 ? 429 : 503, { 'retry-after': String(request.headers['x-wait'] ?? 1) })
        .end('later')
  }
  const { origin, seen } = await api(t, later)
  const { credentials } = await user(t)
  const send = credentials.authorize(fetch, { retries: 2 })
  const put = await send(new Request(origin, { method: 'PUT', body: 'whole' }))
  t.equal(await put.text(), 'at last')
  t.same(
    seen.map(({ body }) => body.toString()),
    ['whole', 'whole', 'whole']
  )
  t.ok(times[1]! - times[0]! >= 990 && times[2]! - times[1]! >= 990, `${times[1]! - times[0]!} ms`)
  t.equal((await send(origin, { method: 'POST', body: 'x' })).status, 429, 'a POST is not repeated')
  t.equal(
    (await send(origin, { method: 'PUT', body: new Blob(['x']).stream(), duplex: 'half' })).status,
    503,
    'a stream neither'
  )
  seen.length = 0
  t.equal((await send(origin, { headers: { 'x-wait': '3600' } })).status, 429, 'nor does anybody wait an hour')
  seen.length = 0
  t.equal((await credentials.authorize()(origin)).status, 429, 'by default nothing is repeated')
  seen.length = 0
  const aborting = new AbortController()
  const waiting = send(origin, { signal: aborting.signal, headers: { 'x-wait': '30' } })
  setTimeout(() => aborting.abort(), 100)
  await t.rejects(waiting, { name: 'AbortError' }, 'a signal ends the pause')
})

t.test('dispatcher and other members of init reach the fetch below', async (t) => {
  const { origin } = await api(t, (_request, response) => response.end('ok'))
  const { credentials } = await user(t)
  let dispatched = 0
  const dispatcher = new Agent().compose((dispatch) => (options, handler) => {
    dispatched++
    return dispatch(options, handler)
  })
  t.teardown(() => dispatcher.close())
  const inits: (RequestInit | undefined)[] = []
  const spy: Fetch = (input, init) => {
    inits.push(init)
    return fetch(input, init)
  }
  const response = await credentials.authorize(spy)(origin, { dispatcher: dispatcher as never, keepalive: true })
  t.equal(await response.text(), 'ok')
  t.equal(inits[0]?.keepalive, true)
  t.equal(dispatched, 1)
})

t.test('an own source of tokens is enough', async (t) => {
  const { origin, seen } = await api(t, refusesFirst)
  class Own extends Credentials {
    override async token(rejected?: Token): Promise<Token> {
      const { credentials } = await fixed
      return credentials.token(rejected)
    }
  }
  const fixed = user(t)
  const own = new Own()
  t.equal((await own.authorize()(origin)).status, 200)
  t.equal((await own.request({ url: origin })).data, 'answer')
  t.equal(seen.length, 3, 'the second call has the new token at once')
})

t.test('only a URL that a rule has allowed can have a token: no other pair compiles', async (t) => {
  const url = new URL('https://www.googleapis.com/')
  const step = { method: 'GET', withoutHeaders: new Set<string>(), bodyless: false, count: 0 }
  const allowed: Hop = { ...step, url: allowOrigins(['https://*.googleapis.com'])(url), accessToken: 'ya29.1' }
  const bare: Hop = { ...step, url, accessToken: null }
  // @ts-expect-error -- any URL
  const wrong: Hop = { ...step, url, accessToken: 'ya29.1' }
  t.same(
    [allowed, bare, wrong].map(({ url }) => url.href),
    Array(3).fill(url.href)
  )
})

/** The global fetch, undici's own, and one that would carry the token anywhere. */
function bases(): Fetch[] {
  const careless: Fetch = async (input, init) => {
    const response = await fetch(input, { ...init, redirect: 'manual' })
    const location = response.headers.get('location')
    if (location === null || init?.redirect === 'manual') return response
    return careless(new URL(location, response.url), init)
  }
  return [fetch, undiciFetch as unknown as Fetch, careless]
}
