/** Requests straight over connections do no more and no less than those of `fetch`. */
import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { deflateRawSync, gzipSync } from 'node:zlib'
import t from 'tap'
import { Agent, getGlobalDispatcher, interceptors, setGlobalDispatcher } from 'undici'
import { AccessTokenCredentials, type Fetch } from '../../src/core.js'
import { responseOf } from '../../src/core/http/response.js'
import { WholeAnswer } from '../../src/core/http/whole-answer.js'
import { providerFetch } from '../../src/core/provider/fetch.js'
import { bodyOf, serve } from '../support/local-server.js'

t.test('connections that follow redirects follow none for us', async (t) => {
  const seen: string[] = []
  const other = await serve(t, (request, response) => {
    void bodyOf(request).then((body) => {
      seen.push(`${request.method} ${request.headers.authorization ?? ''} ${String(body)}`)
      response.end('{}')
    })
  })
  const here = await serve(t, (_request, response) => response.writeHead(307, { location: `${other}/` }).end())
  const before = getGlobalDispatcher()
  setGlobalDispatcher(new Agent().compose(interceptors.redirect({ maxRedirections: 3 })))
  t.teardown(() => setGlobalDispatcher(before))

  const body = new URLSearchParams({ client_secret: 'GOCSPX-secret' })
  t.equal((await providerFetch(fetch)(here, { method: 'POST', body })).status, 307)
  t.same(seen, [], 'the secret went nowhere else')

  const api = new AccessTokenCredentials('ya29.made', { apiOrigins: [here] })
  const send = api.authorize()
  t.equal((await send(here, { redirect: 'manual' })).status, 307)
  t.same(seen, [])
  await send(here, { method: 'POST', body: 'text' })
  t.same(seen, ['POST  text'], 'followed by the client, without the token')
})

t.test('a function in place of fetch whose bodies are streams of Node', async (t) => {
  const ask = providerFetch((async () => ({
    status: 200,
    statusText: 'OK',
    headers: new Headers(),
    body: new PassThrough().end('{"a":1}')
  })) as unknown as Fetch)
  t.same(await (await ask('https://a.example/')).json(), { a: 1 })
})

t.test('a body that drips is given up with its time, by a function that heeds no signal', async (t) => {
  let cancel = (): void => undefined
  const cancelled = new Promise<void>((resolve) => (cancel = resolve))
  const drip = new ReadableStream({
    async pull(controller) {
      await sleep(5)
      controller.enqueue(new Uint8Array(1))
    },
    cancel
  })
  const ask = providerFetch(async () => new Response(drip), 50)
  await t.rejects(ask('https://a.example/'), { name: 'TimeoutError' })
  await cancelled
})

t.test('an empty answer, read in each way', async (t) => {
  const empty = (): Response =>
    responseOf({ answer: new WholeAnswer({ status: 200, statusText: 'OK' }, new Headers(), Buffer.alloc(0)) })
  t.equal(await empty().text(), '')
  t.equal(await empty().clone().text(), '')
  t.equal((await empty().blob()).size, 0)
  t.equal(await new Response(empty().body).text(), '')
})

t.test('answers of a function in place of fetch that are thrown away, with streams of Node as bodies', async (t) => {
  const bodies: PassThrough[] = []
  const answers = [
    { status: 302, headers: new Headers({ location: 'https://www.googleapis.com/other' }) },
    { status: 200, headers: new Headers() }
  ]
  const nodeFetch = (async () => {
    const body = new PassThrough().end('{"a":1}')
    bodies.push(body)
    return { statusText: '', body, json: async () => ({ a: 1 }), ...answers.shift() }
  }) as unknown as Fetch
  const send = new AccessTokenCredentials('ya29.made').authorize(nodeFetch)
  t.same(await (await send('https://www.googleapis.com/one')).json(), { a: 1 })
  t.equal(bodies[0]?.destroyed, true, 'nothing waits for a reader')
})

t.test('a time limit beside a signal outlives garbage collection', async (t) => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const collecting = setInterval(collect, 20)
  t.teardown(() => clearInterval(collecting))
  const silent = await serve(t, () => undefined)
  const api = new AccessTokenCredentials('ya29.made', { apiOrigins: [silent] })
  const { signal } = new AbortController()
  await t.rejects(api.request({ url: silent, timeout: 300, signal }), { name: /^TimeoutError$/ })
})

t.test('compressed answers that fetch reads are read', async (t) => {
  const bodies: Record<string, [encoding: string, body: Buffer]> = {
    empty: ['gzip', Buffer.alloc(0)],
    'deflate without a header': ['deflate', deflateRawSync('text')],
    'gzip without its end': ['gzip', gzipSync('text', { level: 0 }).subarray(0, -8)]
  }
  for (const [name, [encoding, body]] of Object.entries(bodies)) {
    const origin = await serve(t, (_request, response) => {
      response.writeHead(200, { 'content-encoding': encoding })
      response.write(body, () => response.end())
    })
    const api = new AccessTokenCredentials('ya29.made', { apiOrigins: [origin] })
    const text = await (await fetch(origin)).text()
    t.equal(text, name === 'empty' ? '' : 'text', `${name}: fetch`)
    t.equal(await (await api.authorize()(origin)).text(), text, name)
  }
})
