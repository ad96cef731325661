import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { calendar as calendar16, type calendar_v3 as v16 } from '@googleapis/calendar'
import t from 'tap'
import {
  AccessTokenCredentials,
  OAuth2Credentials,
  ServiceAccountCredentials,
  type Credentials
} from '../../../src/core.js'
import { startGoogleEmulator, type GoogleEmulator } from '../../../src/emulator.js'
import { exchange, login } from '../../emulator/app.js'
import { calendar as calendar20, newestCommon } from '../../newest-google-client/calendar.js'
import { bodyOf, serve } from '../../support/local-server.js'

const CALENDAR = 'https://www.googleapis.com/auth/calendar.events'

/** Both versions give the same API; what is compiled here is that `auth` fits either of them. */
const clients = {
  'calendar 16': (rootUrl: string, credentials: Credentials) =>
    calendar16({ version: 'v3', rootUrl, auth: credentials.auth }),
  'calendar 20': (rootUrl: string, credentials: Credentials) => {
    // Of no known type: before `npm run setup` the types of version 16 stand here, and lint would call an assertion needless.
    const client: unknown = calendar20({ version: 'v3', rootUrl, auth: credentials.auth })
    return client as v16.Calendar
  }
}

async function credentialsOf(google: GoogleEmulator): Promise<Record<string, Credentials>> {
  const attempt = login(google, { scope: `openid ${CALENDAR}` })
  const { body } = await exchange(google, await google.approve(attempt.url), attempt)
  const { client_id, client_secret } = google.clientSecrets.web
  return {
    user: new OAuth2Credentials({
      // Refused at the first call, so that each run goes through a refresh as well.
      token: { accessToken: 'ya29.ended', refreshToken: body.refresh_token, scopes: [CALENDAR] },
      clientId: client_id,
      clientSecret: client_secret,
      tokenUri: google.endpoints.token
    }),
    'service account': ServiceAccountCredentials.fromKey(await google.createServiceAccount(), { scopes: CALENDAR }),
    'access token': new AccessTokenCredentials(body.access_token)
  }
}

for (const [version, client] of Object.entries(clients)) {
  t.test(`${version}: insert, list page by page, a 404 as its users know it`, async (t) => {
    const google = await startGoogleEmulator({ strict: true })
    t.teardown(() => google.close())
    for (const [kind, credentials] of Object.entries(await credentialsOf(google))) {
      const api = client(google.apiOrigin, credentials)
      const when = { dateTime: '2026-11-22T10:00:00Z' }
      const requestBody = { summary: `Käse – ${kind}`, start: when, end: { dateTime: '2026-11-22T11:00:00Z' } }
      const made = await api.events.insert({ calendarId: 'primary', requestBody })
      t.equal(made.status, 200, kind)
      t.equal(made.data.summary, requestBody.summary)
      const found: string[] = []
      let pages = 0
      let pageToken: string | undefined
      do {
        const { data } = await api.events.list({
          calendarId: 'primary',
          maxResults: 2,
          ...(pageToken ? { pageToken } : {})
        })
        found.push(...(data.items ?? []).map(({ id }) => id!))
        pageToken = data.nextPageToken ?? undefined
        pages++
      } while (pageToken)
      t.ok(found.includes(made.data.id!) && pages > 1 && new Set(found).size === found.length, `${pages} pages`)
      const error: any = await api.events.get({ calendarId: 'primary', eventId: 'none' }).catch((e: unknown) => e)
      t.ok(error instanceof Error)
      t.match(error, { status: 404, code: 404, message: 'Not Found', errors: [{ reason: 'notFound' }] })
      t.match(error.response, { status: 404, data: { error: { code: 404 } } })
      t.match(error.config.url, /events\/none/)
      t.notMatch(JSON.stringify(error), /ya29/)
      t.equal((await api.events.delete({ calendarId: 'primary', eventId: made.data.id! })).status, 204)
    }
  })

  t.test(`${version}: what its options ask for`, async (t) => {
    const seen: { url: string; headers: IncomingMessage['headers']; body: Buffer }[] = []
    let answer: (response: ServerResponse, count: number) => void = () => {}
    const origin = await serve(t, (request, response) => {
      void bodyOf(request).then((body) => {
        seen.push({ url: request.url!, headers: request.headers, body })
        answer(response, seen.length)
      })
    })
    const api = client(`${origin}/`, new AccessTokenCredentials('ya29.made'))
    const json = (response: ServerResponse, body: unknown, headers = {}): void => {
      response.writeHead(200, { 'content-type': 'application/json; charset=UTF-8', ...headers })
      response.end(JSON.stringify(body))
    }

    answer = (response) => json(response, { items: [] })
    const params = { calendarId: 'a/b@c', eventTypes: ['default', 'focusTime'], q: 'x y&z' }
    const listed = await api.events.list(params)
    t.equal(seen[0]?.url, '/calendar/v3/calendars/a%2Fb%40c/events?eventTypes=default&eventTypes=focusTime&q=x%20y%26z')
    t.match(seen[0]?.headers, {
      authorization: 'Bearer ya29.made',
      'accept-encoding': 'gzip',
      'user-agent': /google-api-nodejs-client/
    })
    t.match((listed.headers as unknown as Record<string, string>)['content-type'], /json/)

    const zipped = gzipSync(JSON.stringify({ summary: 'zipped' }))
    answer = (response) =>
      void response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(zipped)
    t.same((await api.events.get({ calendarId: 'x', eventId: 'y' })).data, { summary: 'zipped' })

    answer = (response) => void response.writeHead(304).end()
    t.equal(
      (await api.events.get({ calendarId: 'x', eventId: 'y' }, { headers: { 'if-none-match': '"e"' } })).status,
      304
    )
    t.equal(seen.at(-1)?.headers['if-none-match'], '"e"')

    const media = randomBytes(400_000)
    answer = (response) => void response.writeHead(200, { 'content-type': 'image/png' }).end(media)
    const download = await api.events.get({ calendarId: 'x', eventId: 'y' }, { responseType: 'stream' })
    t.ok((await bodyOf(download.data as unknown as IncomingMessage)).equals(media), 'as a stream')
    const whole = await api.events.get({ calendarId: 'x', eventId: 'y' }, { responseType: 'arraybuffer' })
    t.ok(Buffer.from(whole.data as unknown as ArrayBuffer).equals(media), 'as an ArrayBuffer')
    const blob = await api.events.get({ calendarId: 'x', eventId: 'y' }, { responseType: 'blob' })
    t.equal((blob.data as unknown as Blob).size, media.length)

    seen.length = 0
    answer = (response, count) => (count < 3 ? void response.writeHead(503).end('later') : json(response, { id: 'z' }))
    t.equal((await api.events.get({ calendarId: 'x', eventId: 'y' })).data.id, 'z', 'a GET is tried again by default')
    t.equal(seen.length, 3)
    seen.length = 0
    await t.rejects(api.events.get({ calendarId: 'x', eventId: 'y' }, { retry: false }), {
      name: 'GoogleApiError',
      code: 503
    })
    await t.rejects(api.events.insert({ calendarId: 'x', requestBody: {} }), { name: 'GoogleApiError' }, 'a POST never')
    t.equal(seen.length, 2)

    answer = (response) => void setTimeout(() => response.end(), 5_000).unref()
    await t.rejects(api.events.get({ calendarId: 'x', eventId: 'y' }, { timeout: 50, retry: false }), {
      name: 'TimeoutError'
    })
    const signal = AbortSignal.timeout(50)
    await t.rejects(api.events.get({ calendarId: 'x', eventId: 'y' }, { signal, retry: false }), {
      name: 'TimeoutError'
    })
  })
}

t.test('uploads, as Google’s clients build them', async (t) => {
  const seen: { url: string; type: string; body: Buffer }[] = []
  const origin = await serve(t, (request, response) => {
    void bodyOf(request).then((body) => {
      seen.push({ url: request.url!, type: String(request.headers['content-type']), body })
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":"1"}')
    })
  })
  const bytes = randomBytes(200_000)
  const auth = new AccessTokenCredentials('ya29.made').auth
  for (const [name, { createAPIRequest }] of Object.entries(await commons())) {
    const upload = (media: object, resource?: object): Promise<{ data: unknown }> =>
      createAPIRequest({
        options: { url: `${origin}/upload`, method: 'POST' },
        params: { media, ...(resource ? { requestBody: resource } : {}) },
        mediaUrl: `${origin}/media`,
        requiredParams: [],
        pathParams: [],
        context: { _options: { auth } }
      })
    seen.length = 0
    const { data } = await upload({ mimeType: 'image/png', body: Readable.from([bytes]) }, { name: 'ä.png' })
    t.same(data, { id: '1' }, name)
    await upload({ mimeType: 'text/plain', body: 'hällo' }, { name: 'text' })
    await upload({ mimeType: 'image/png', body: Readable.from([bytes]) })
    const [multipart, text, media] = seen
    t.equal(multipart?.url, '/media?uploadType=multipart')
    t.match(multipart?.type, /^multipart\/related; boundary=/)
    t.ok(multipart?.body.includes(bytes) && multipart.body.includes('"name":"ä.png"'))
    t.ok(text?.body.toString().includes('hällo'))
    t.same([media?.url, media?.type, media?.body.equals(bytes)], ['/media?uploadType=media', 'image/png', true])
  }
})

t.test('request: bodies of every kind, told by content type', async (t) => {
  const seen: { type: string | undefined; body: Buffer }[] = []
  const origin = await serve(t, (request, response) => {
    void bodyOf(request).then((body) => {
      seen.push({ type: request.headers['content-type'], body })
      response.end('plain')
    })
  })
  const form = new FormData()
  form.set('file', new Blob(['inside'], { type: 'a/b' }), 'name.bin')
  const cases: [unknown, RegExp | undefined, string][] = [
    [{ a: 'ß' }, /^application\/json$/, '{"a":"ß"}'],
    [[1], /^application\/json$/, '[1]'],
    ['text', undefined, 'text'],
    [Buffer.from('bytes'), undefined, 'bytes'],
    [new Uint8Array([65]).buffer, undefined, 'A'],
    [new Blob(['blob'], { type: 'x/y' }), /^x\/y$/, 'blob'],
    [new URLSearchParams({ a: 'b c' }), /^application\/x-www-form-urlencoded/, 'a=b+c'],
    [form, /^multipart\/form-data; boundary=/, 'inside'],
    [Readable.from(['str', 'eam']), undefined, 'stream'],
    [new Blob(['web stream']).stream(), undefined, 'web stream']
  ]
  const credentials = new AccessTokenCredentials('ya29.made')
  for (const [data, type, text] of cases) {
    t.equal((await credentials.request({ url: origin, method: 'post', data })).data, 'plain')
    const { type: sent, body } = seen.at(-1)!
    t.ok(type === undefined ? sent === undefined : type.test(sent ?? ''), String(sent))
    t.ok(body.includes(text), text)
  }
  const own = {
    url: '/path?a=1',
    baseURL: origin,
    params: { b: [1, 2], c: undefined },
    headers: new Headers({ authorization: 'Basic x' })
  }
  t.match(await credentials.request(own), { status: 200, config: own })
})

/** googleapis-common 8 and 9, which build the uploads. */
async function commons(): Promise<Record<string, any>> {
  const eight = import.meta.resolve('googleapis-common')
  return { 'googleapis-common 8': await import(eight), 'googleapis-common 9': await import(newestCommon) }
}
