import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import t from 'tap'
import { Agent, getGlobalDispatcher, MockAgent, setGlobalDispatcher } from 'undici'
import { AccessTokenCredentials } from '../../../src/core.js'
import type { Fetch } from '../../../src/core/lib/url.js'
import { bodyOf, serve } from '../../support/local-server.js'

const TEXT = 'Käse, 乳酪, 🧀 '.repeat(50)
const ENCODERS = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync }

/** Answers that a test asks for by path. */
const ANSWERS: Record<string, (response: ServerResponse) => void> = {
  '/json': (response) => response.setHeader('content-type', 'application/json').end(JSON.stringify({ a: [1, TEXT] })),
  '/text': (response) => response.end(TEXT),
  '/bom': (response) => response.end(`\uFEFF${TEXT}`),
  '/not-utf8': (response) => response.end(Buffer.from([0x61, 0xff, 0x62])),
  '/chunks': (response) => {
    response.write('one, ')
    setTimeout(() => response.end('two'), 20)
  },
  '/large': (response) => response.end(Buffer.alloc(1_500_000, 'x')),
  '/empty': (response) => response.end(),
  '/204': (response) => response.writeHead(204).end(),
  '/205': (response) => response.writeHead(205).end(),
  '/304': (response) => response.writeHead(304, { etag: '"1"' }).end(),
  '/404': (response) => response.writeHead(404, 'Nowhere', { 'content-type': 'text/plain' }).end('nowhere'),
  '/500': (response) => response.writeHead(500).end('{"error":'),
  '/302': (response) => response.writeHead(302, { location: '/text' }).end('elsewhere'),
  '/cookies': (response) => response.writeHead(200, { 'set-cookie': ['a=1', 'b=2'], 'x-two': ['1', '2'] }).end('c'),
  '/form': (response) => response.setHeader('content-type', 'application/x-www-form-urlencoded').end('a=1&b=%C3%9F'),
  '/cut': (response) => {
    response.writeHead(200, { 'content-length': '100' }).write('only this')
    setTimeout(() => response.destroy(), 20)
  },
  '/reset': (response) => response.destroy(),
  '/never': () => {}
}
for (const [name, encode] of Object.entries(ENCODERS)) {
  ANSWERS[`/${name}`] = (response) => response.writeHead(200, { 'content-encoding': name }).end(encode(TEXT))
}
ANSWERS['/broken-gzip'] = (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('no gzip at all')

interface Seen {
  request: Pick<IncomingMessage, 'method' | 'url' | 'headers'>
  body: string
}

const seen: Seen[] = []
const closed: string[] = []
const origin = await serve(t, (request, response) => {
  const { method, url = '', headers } = request
  if (url.startsWith('/large?')) request.socket.once('close', () => closed.push(url))
  void bodyOf(request).then((body) => {
    seen.push({ request: { method, url, headers }, body: body.toString() })
    ANSWERS[url.split('?')[0]!]!(response)
  })
})

const credentials = new AccessTokenCredentials('ya29.mine')
/** What is to be compared: our own way, and Node's. */
const pooled = credentials.authorize()
const plain: Fetch = async (input, init = {}) => {
  const headers = new Headers(init.headers ?? (input instanceof Request ? input.headers : {}))
  headers.set('authorization', 'Bearer ya29.mine')
  return fetch(input, { ...init, headers })
}

/** What a caller sees of a call: all that can be compared. */
async function outcome(how: Fetch, path: string, read: (response: Response) => unknown, init: RequestInit = {}) {
  seen.length = 0
  const answer: Record<string, unknown> = {}
  try {
    const response = await how(`${origin}${path}`, { redirect: 'manual', ...init })
    const { status, statusText, ok, redirected, url, type, headers } = response
    Object.assign(answer, { status, statusText, ok, redirected, url, type, cookies: headers.getSetCookie() })
    answer['headers'] = [...headers].filter(([name]) => name !== 'date')
    answer['isResponse'] = [response instanceof Response, Object.prototype.toString.call(response)]
    answer['before'] = response.bodyUsed
    answer['read'] = await read(response)
    answer['after'] = response.bodyUsed
  } catch (error) {
    const { name, message, cause } = error as Error & { cause?: { code?: unknown } }
    answer['error'] = [name, name === 'SyntaxError' ? '' : message, cause?.code]
  }
  return { answer, seen: seen.map(({ request: { method, url, headers }, body }) => ({ method, url, headers, body })) }
}

/** The ways to read a body. */
const READS: Record<string, (response: Response) => unknown> = {
  text: (response) => response.text(),
  json: (response) => response.json(),
  arrayBuffer: async (response) => Buffer.from(await response.arrayBuffer()).toString('base64'),
  blob: async (response) => {
    const blob = await response.blob()
    return [blob.type, await blob.text()]
  },
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- a part of what a response can do
  formData: async (response) => [...(await response.formData())],
  stream: async (response) => {
    const chunks: Uint8Array[] = []
    for await (const chunk of response.body ?? []) chunks.push(chunk as Uint8Array)
    return [response.body === null, Buffer.concat(chunks).toString('base64')]
  },
  'bytes into the reader’s own memory': async (response) => {
    const reader = response.body?.getReader({ mode: 'byob' })
    const read = await reader?.read(new Uint8Array(4))
    return read?.value === undefined ? null : Buffer.from(read.value).toString()
  },
  twice: async (response) => {
    await response.text()
    return response.text().catch((error: unknown) => (error as Error).name)
  },
  'the stream, then the text': async (response) => {
    const had = response.body !== null
    return [had, await response.text()]
  },
  'while the stream is locked': async (response) => {
    response.body?.getReader()
    return response.text().catch((error: unknown) => (error as Error).name)
  },
  'the text, then the stream': async (response) => {
    await response.text()
    return [response.body === null, response.body?.locked]
  },
  'a clone beside it': async (response) => {
    const clone = response.clone()
    return [clone.url, clone.status, await Promise.all([clone.text(), response.text()])]
  },
  'a clone too late': async (response) => {
    await response.text()
    return response.clone().status
  },
  'given up': (response) => response.body?.cancel()
}

t.test('plain requests are answered as fetch answers them, however the body is read', async (t) => {
  for (const path of Object.keys(ANSWERS)) {
    if (path === '/never') continue
    for (const [name, read] of Object.entries(READS)) {
      const want = await outcome(plain, path, read)
      t.same(await outcome(pooled, path, read), want, `${path}, ${name}`)
    }
  }
})

t.test('requests arrive as those of fetch do', async (t) => {
  const text = (response: Response): Promise<string> => response.text()
  const inits: RequestInit[] = [
    {},
    {
      headers: {
        'X-Mine': '1',
        accept: 'a/b',
        'accept-encoding': 'identity',
        'user-agent': 'me',
        'content-type': 'c/d'
      }
    },
    {
      headers: [
        ['x-two', '1'],
        ['x-two', '2']
      ]
    },
    { headers: new Headers({ range: 'bytes=0-3' }) },
    { signal: null, body: null },
    ...['GET', 'get', 'HEAD', 'POST', 'post', 'PUT', 'PATCH', 'patch', 'DELETE', 'OPTIONS'].map((method) => ({
      method
    })),
    ...['POST', 'PUT', 'PATCH', 'DELETE'].flatMap((method) => [
      { method, body: 'ß' },
      { method, body: '' },
      { method, body: '{}', headers: { 'content-type': 'application/json' } },
      { method, body: Buffer.from('bytes') },
      { method, body: new Uint8Array([0x61, 0x62]) },
      { method, body: new Uint8Array([0x61, 0x62]).buffer },
      { method, body: new URLSearchParams({ a: 'ß' }) },
      { method, body: new Blob(['blob'], { type: 'x/y' }) }
    ])
  ]
  for (const init of inits) {
    const want = await outcome(plain, '/text?a=b%20c', text, init)
    t.same(await outcome(pooled, '/text?a=b%20c', text, init), want, JSON.stringify(init))
  }
  for (const init of [
    { method: 'GET', body: 'x' },
    { method: 'CONNECT' },
    { method: 'a b' },
    { headers: { ä: '1' } }
  ]) {
    await t.rejects(plain(`${origin}/text`, init), TypeError)
    await t.rejects(pooled(`${origin}/text`, { redirect: 'manual', ...init }), TypeError, JSON.stringify(init))
  }
  await t.rejects(pooled(origin.replace('//', '//me:mine@'), { redirect: 'manual' }), TypeError)
  for (const url of ['/relative', 'http://', 'ftp://a.example/', 'data:text/plain,x'])
    await t.rejects(pooled(url, { redirect: 'manual' }), { code: 'GOOGLE_AUTH_ORIGIN' }, url)
  t.equal((await outcome(pooled, '/text#here', text)).answer['url'], `${origin}/text`)
  for (const input of [new URL(`${origin}/text`), new Request(`${origin}/text`)]) {
    const response = await pooled(input, { redirect: 'manual' })
    t.equal(await response.text(), TEXT)
  }
})

t.test('a signal ends the wait for an answer and for its body, with its own reason', async (t) => {
  const reason = new Error('enough')
  for (const how of [plain, pooled]) {
    const init = { redirect: 'manual' as const }
    t.equal(await how(`${origin}/text`, { ...init, signal: AbortSignal.abort(reason) }).catch(String), String(reason))
    const asking = new AbortController()
    const answer = how(`${origin}/never`, { ...init, signal: asking.signal })
    setTimeout(() => asking.abort(reason), 20)
    t.equal(await answer.catch((error: unknown) => error), reason)
    for (const read of [READS['text']!, READS['stream']!]) {
      const reading = new AbortController()
      const response = await how(`${origin}/cut`, { ...init, signal: reading.signal })
      reading.abort()
      await t.rejects(Promise.resolve(read(response)), { name: 'AbortError' })
    }
    const timeout = how(`${origin}/never`, { ...init, signal: AbortSignal.timeout(20) })
    await t.rejects(timeout, { name: 'TimeoutError' })
  }
})

t.test('nothing is left behind by a body that nobody reads', async (t) => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const gone = async (path: string): Promise<boolean> => {
    for (let tries = 0; tries < 100 && !closed.includes(path); tries++) {
      await sleep(20)
      collect()
    }
    return closed.includes(path)
  }
  const forget = async (path: string, touch: (response: Response) => unknown): Promise<void> => {
    touch(await pooled(`${origin}${path}`, { redirect: 'manual' }))
  }
  await forget('/large?forgotten', () => {})
  t.ok(await gone('/large?forgotten'), 'its connection is free when the response is collected')
  await forget('/large?looked-at', (response) => response.body)
  t.ok(await gone('/large?looked-at'), 'also when somebody looked at the stream')
  await forget('/large?cancelled', (response) => void response.body?.cancel())
  t.ok(closed.includes('/large?cancelled') || (await gone('/large?cancelled')), 'and at once when it is given up')
  const errors: unknown[] = []
  const heard = (error: unknown): unknown => errors.push(error)
  process.on('uncaughtException', heard)
  await forget('/cut', () => {})
  await forget('/broken-gzip', () => {})
  await sleep(100)
  process.off('uncaughtException', heard)
  t.same(errors, [], 'an error without a reader ends no process')
  const reading = (async () => (await pooled(`${origin}/large`, { redirect: 'manual' })).text())()
  for (let tries = 0; tries < 20; tries++) {
    collect()
    await sleep(1)
  }
  t.equal((await reading).length, 1_500_000, 'what is being read is not collected')
})

t.test('calls go where the app sends its own: through the global dispatcher', async (t) => {
  const before = getGlobalDispatcher()
  t.teardown(() => setGlobalDispatcher(before))
  const mock = new MockAgent()
  mock.disableNetConnect()
  setGlobalDispatcher(mock)
  const answer = (): void =>
    void mock
      .get('https://www.googleapis.com')
      .intercept({ path: '/x', headers: { authorization: 'Bearer ya29.mine' } })
      .reply(200, { mocked: true }, { headers: { 'content-type': 'application/json' } })
  answer()
  t.same((await credentials.request({ url: 'https://www.googleapis.com/x' })).data, { mocked: true })
  answer()
  t.same(await (await credentials.authorize()('https://www.googleapis.com/x')).json(), { mocked: true })
  await t.rejects(credentials.authorize()('https://www.googleapis.com/y'), TypeError)
})

t.test('or through connections of their own', async (t) => {
  let dispatched = 0
  const dispatcher = new Agent().compose((dispatch) => (options, handler) => {
    dispatched++
    return dispatch(options, handler)
  })
  t.teardown(() => dispatcher.close())
  const own = new AccessTokenCredentials('ya29.mine', { dispatcher })
  t.equal((await own.request({ url: `${origin}/text` })).data, TEXT)
  t.equal(await (await own.authorize()(`${origin}/text`)).text(), TEXT)
  t.equal(await (await own.authorize()(`${origin}/text`, { integrity: '' })).text(), TEXT, 'not a plain request')
  t.equal(dispatched, 3)
})

t.test('a fetch that took the place of the global one is asked, as by mocks and tracers', async (t) => {
  const nodes = globalThis.fetch
  t.teardown(() => (globalThis.fetch = nodes))
  const asked: [string, string | null, RequestInit][] = []
  const answers: (() => Response | Promise<Response>)[] = []
  globalThis.fetch = async (input, init = {}) => {
    asked.push([
      input instanceof Request ? input.url : input.toString(),
      new Headers(init.headers).get('authorization'),
      init
    ])
    return answers.shift()!()
  }
  answers.push(() => Response.json({ mocked: 1 }))
  t.same(await (await credentials.authorize()('https://www.googleapis.com/1')).json(), { mocked: 1 })
  answers.push(() => Response.json({ mocked: 2 }, { headers: { 'content-encoding': 'gzip', 'x-mine': '1' } }))
  const { data, headers, status } = await credentials.request({ url: 'https://www.googleapis.com/2' })
  t.same([data, headers.get('x-mine'), status], [{ mocked: 2 }, '1', 200])
  answers.push(() => new Response(null, { status: 302, headers: { location: 'https://elsewhere.example/4' } }))
  answers.push(() => new Response('there'))
  t.equal((await credentials.request({ url: 'https://www.googleapis.com/3' })).data, 'there')
  answers.push(() => Response.json({ error: { code: 404, message: 'Nowhere' } }, { status: 404 }))
  await t.rejects(credentials.request({ url: 'https://www.googleapis.com/5' }), { name: 'GoogleApiError', status: 404 })
  answers.push(
    () => new Response('later', { status: 503, headers: { 'retry-after': '0' } }),
    () => Promise.reject(Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNRESET' } })),
    () => new Response('at last')
  )
  t.equal((await credentials.request({ url: 'https://www.googleapis.com/6', retry: true })).data, 'at last')
  answers.push(() => new Response(null, { status: 204 }))
  t.equal(
    (await credentials.request({ url: 'https://www.googleapis.com/7', method: 'POST', data: { a: 1 } })).status,
    204
  )
  t.equal(asked.at(-1)?.[2].body, '{"a":1}')
  t.same(
    asked.map(([url, authorization]) => [url, authorization === 'Bearer ya29.mine']),
    [
      ['https://www.googleapis.com/1', true],
      ['https://www.googleapis.com/2', true],
      ['https://www.googleapis.com/3', true],
      ['https://elsewhere.example/4', false],
      ['https://www.googleapis.com/5', true],
      ['https://www.googleapis.com/6', true],
      ['https://www.googleapis.com/6', true],
      ['https://www.googleapis.com/6', true],
      ['https://www.googleapis.com/7', true]
    ]
  )
})
