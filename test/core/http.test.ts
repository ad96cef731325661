/** Requests straight over connections do no more and no less than those of `fetch`. */
import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
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
