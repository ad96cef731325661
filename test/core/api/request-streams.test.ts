/** Streams that break, streams that are given up, and what a call leaves behind. */
import { getEventListeners } from 'node:events'
import { Readable } from 'node:stream'
import t from 'tap'
import { AccessTokenCredentials } from '../../../src/core.js'
import { eventually } from '../../support/redis.js'
import { serve } from '../../support/local-server.js'

let closed = 0
const origin = await serve(t, (request, response) => {
  if (request.url === '/early') return void response.writeHead(413).end('too much')
  if (request.url === '/cut') {
    response.write('begin')
    return void setTimeout(() => response.destroy(), 20)
  }
  if (request.url === '/endless') {
    const writing = setInterval(() => response.write('x'.repeat(100_000)), 5)
    return void response.once('close', () => {
      clearInterval(writing)
      closed++
    })
  }
  request.resume().on('end', () => response.end('ok'))
})
const credentials = new AccessTokenCredentials('ya29.made')
const send = credentials.authorize()

/** A stream that breaks after its beginning. */
function breaking(): Readable {
  const stream = new Readable({ read() {} })
  stream.push('begin')
  setTimeout(() => stream.destroy(new Error('the body broke')), 10)
  return stream
}

t.test('a body that breaks ends the call with its error', async (t) => {
  const method = 'POST'
  await t.rejects(credentials.request({ url: origin, method, data: breaking() }), { message: 'the body broke' })
  async function* generated(): AsyncGenerator<Buffer> {
    yield Buffer.from('begin')
    throw new Error('the body broke')
  }
  await t.rejects(credentials.request({ url: origin, method, data: generated() }), { message: 'the body broke' })
  await t.rejects(credentials.request({ url: `${origin}/early`, method, data: Buffer.alloc(5_000_000) }), {
    name: 'GoogleApiError',
    status: 413
  })
  t.equal((await credentials.request({ url: origin, method, data: 'whole' })).data, 'ok', 'and the next call goes on')
})

t.test('an answer that breaks off is an error for its reader, and for nobody else', async (t) => {
  await t.rejects(credentials.request({ url: `${origin}/cut` }), { code: 'UND_ERR_SOCKET' })
  const { data } = await credentials.request<Readable>({ url: `${origin}/cut`, responseType: 'stream' })
  await t.rejects(data.toArray(), { code: 'UND_ERR_SOCKET' })
  // Nobody reads this one: an error event without a listener would end the process.
  await credentials.request({ url: `${origin}/cut`, responseType: 'stream' })
  await t.rejects((await send(`${origin}/cut`)).text(), { name: 'TypeError', message: 'terminated' })
})

t.test('a stream that is given up ends the transfer', async (t) => {
  closed = 0
  const { data } = await credentials.request<Readable>({ url: `${origin}/endless`, responseType: 'stream' })
  for await (const bytes of data) {
    t.ok((bytes as Buffer).length > 0)
    break
  }
  await eventually(() => closed === 1)
  const controller = new AbortController()
  const response = await send(`${origin}/endless`, { signal: controller.signal })
  setTimeout(() => controller.abort(), 20)
  await t.rejects(response.text(), { name: 'AbortError' })
  await eventually(() => closed === 2)
})

t.test('a signal that outlives its calls is left without listeners', async (t) => {
  const { signal } = new AbortController()
  for (let calls = 0; calls < 3; calls++) {
    await credentials.request({ url: origin, signal })
    await (await send(origin, { signal })).text()
    await credentials.request({ url: `${origin}/cut`, signal }).catch(() => {})
  }
  t.equal(getEventListeners(signal, 'abort').length, 0)
})
