import { calendar, type calendar_v3 } from '@googleapis/calendar'
import t from 'tap'
import type { GoogleEmulator } from '../../src/emulator.js'
import { ADA, api, CALENDAR, signIn, startFor } from './app.js'

const READONLY = 'https://www.googleapis.com/auth/calendar.events.readonly'

const google = await startFor(t)
const { access_token: token } = await signIn(google, { scope: `openid ${CALENDAR}` })
const { access_token: reader } = await signIn(google, {
  scope: `openid ${READONLY}`,
  email: 'grace@example.com',
  include_granted_scopes: 'false'
})

const day = (date: string) => ({
  start: { date },
  end: { date: date.replace(/\d$/, (digit) => String(Number(digit) + 1)) }
})
const send = (method: string, body: unknown, headers = {}) => ({ method, body: JSON.stringify(body), headers })

/** The smallest `auth` that Google's client accepts. */
class Auth {
  readonly calls: string[] = []

  async request(options: Record<string, any>): Promise<unknown> {
    const url = new URL(options.url as string)
    for (const [name, value] of Object.entries(options.params ?? {})) url.searchParams.set(name, String(value))
    this.calls.push(`${options.method} ${url.pathname}`)
    const init = {
      method: options.method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    }
    const body = options.data === undefined ? {} : { body: JSON.stringify(options.data) }
    const response = await fetch(url, { ...init, ...body })
    const text = await response.text()
    const data = text ? JSON.parse(text) : undefined
    if (!response.ok) throw Object.assign(new Error(data.error.message), { status: response.status })
    return { data, status: response.status, headers: response.headers, config: options }
  }
}

t.test("Google's own client lists, adds, reads, changes and removes events", async (t) => {
  const auth = new Auth()
  const { events } = calendar({ version: 'v3', rootUrl: google.apiOrigin, auth: auth as never })
  const list = await events.list({
    calendarId: 'primary',
    singleEvents: true,
    orderBy: 'startTime',
    timeMin: new Date().toISOString()
  })
  t.match(list.data, {
    kind: 'calendar#events',
    summary: 'ada@example.com',
    items: [{ summary: 'Coffee with Charles' }, {}, {}]
  })

  const start = { dateTime: '2031-05-01T10:00:00+02:00' }
  const end = { dateTime: '2031-05-01T11:00:00', timeZone: 'Europe/Berlin' }
  const made = (await events.insert({ calendarId: 'ada@example.com', requestBody: { summary: 'Tea', start, end } }))
    .data
  t.match(made, {
    kind: 'calendar#event',
    status: 'confirmed',
    summary: 'Tea',
    organizer: { email: 'ada@example.com' },
    sequence: 0
  })
  const eventId = made.id!
  const own: calendar_v3.Params$Resource$Events$Get = { calendarId: 'primary', eventId }
  t.equal((await events.get(own)).data.etag, made.etag)
  const patched = (await events.patch({ ...own, requestBody: { location: 'Garden' } })).data
  t.match(patched, { summary: 'Tea', location: 'Garden', sequence: 1 })
  const updated = (await events.update({ ...own, requestBody: { summary: 'Cake', start, end } })).data
  t.match(updated, { id: eventId, summary: 'Cake', created: made.created })
  t.equal(updated.location, undefined)
  t.equal(google.calendar(ADA).events.at(-1)?.summary, 'Cake')
  t.equal((await events.delete(own)).status, 204)
  await t.rejects(events.get(own), { message: 'Not Found', status: 404 })
  await t.rejects(events.delete(own), { message: /deleted/, status: 410 })
  t.equal(auth.calls.length, 8)
})

t.test('an API call needs a live token in the header', async (t) => {
  for (const refused of [
    await api(google, null),
    await api(google, 'ya29.unknown'),
    await api(google, null, `?access_token=${token}`),
    await api(google, token, `?access_token=${token}`)
  ]) {
    t.match(refused, {
      status: 401,
      body: { error: { code: 401, status: 'UNAUTHENTICATED', errors: [{ reason: 'authError' }] } }
    })
    t.match(refused.headers.get('www-authenticate'), 'Bearer realm="https://accounts.google.com/"')
  }
})

t.test('scopes for reading cannot write, other scopes cannot read', async (t) => {
  t.equal((await api(google, reader)).status, 200)
  const refused = await api(google, reader, '', send('POST', day('2031-01-01')))
  t.match(refused, {
    status: 403,
    body: {
      error: {
        status: 'PERMISSION_DENIED',
        errors: [{ reason: 'insufficientPermissions' }],
        details: [{ reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT', metadata: { method: 'calendar.v3.Events.Insert' } }]
      }
    }
  })
  t.match(refused.headers.get('www-authenticate'), 'insufficient_scope')
  for (const method of ['PUT', 'PATCH', 'DELETE']) {
    t.equal((await api(google, reader, '/x', method === 'DELETE' ? { method } : send(method, {}))).status, 403)
  }
  const { access_token } = await signIn(google, { scope: 'openid', include_granted_scopes: 'false' })
  t.equal((await api(google, access_token)).status, 403)
})

t.test('unknown calendars, events and paths are not found', async (t) => {
  const notFound = { status: 404, body: { error: { code: 404, errors: [{ reason: 'notFound' }] } } }
  t.match(await api(google, token, '/../../grace@example.com/events'), notFound)
  t.match(await api(google, token, '/nothing'), notFound)
  t.match(await api(google, token, '/a/b/c'), notFound)
})

t.test('invalid events are refused', async (t) => {
  const at = (dateTime: string) => ({ dateTime })
  const cases: [draft: unknown, status: number, reason: string][] = [
    [{}, 400, 'required'],
    [{ start: { date: '2031-01-01' } }, 400, 'required'],
    [{ start: at('2031-01-01T10:00:00'), end: at('2031-01-01T11:00:00Z') }, 400, 'required'],
    [{ start: {}, end: {} }, 400, 'invalid'],
    [{ start: at('tomorrow'), end: at('2031-01-01T11:00:00Z') }, 400, 'invalid'],
    [{ start: { date: '2031-13-01' }, end: { date: '2031-01-01' } }, 400, 'invalid'],
    [{ start: { date: '2031-01-01' }, end: at('2031-01-02T11:00:00Z') }, 400, 'invalid'],
    [{ start: at('2031-01-01T11:00:00Z'), end: at('2031-01-01T10:00:00Z') }, 400, 'timeRangeEmpty'],
    [{ start: { date: '2031-01-01' }, end: { date: '2031-01-01' } }, 400, 'timeRangeEmpty'],
    [{ start: 'soon', end: 'later' }, 400, 'invalid'],
    [{ ...day('2031-01-01'), id: 'UPPER' }, 400, 'invalid'],
    [[], 400, 'parseError']
  ]
  for (const [draft, status, reason] of cases) {
    t.match(await api(google, token, '', send('POST', draft)), {
      status,
      body: { error: { code: status, errors: [{ reason }] } }
    })
  }
  const text = { method: 'POST', body: '{"broken', headers: { 'content-type': 'application/json' } }
  t.match(await api(google, token, '', text), { status: 400, body: { error: { code: 400 } } })
  const own = { ...day('2031-01-01'), id: 'mine01' }
  t.equal((await api(google, token, '', send('POST', own))).status, 200)
  t.match(await api(google, token, '', send('POST', own)), {
    status: 409,
    body: { error: { errors: [{ reason: 'duplicate' }] } }
  })
  t.equal((await api(google, token, '/mine01', send('PATCH', {}, { 'if-match': '"old"' }))).status, 412)
  t.equal((await api(google, token, '/mine01', send('PATCH', { end: { date: '2030-01-01' } }))).status, 400)
})

t.test('lists filter, sort and go page by page', async (t) => {
  const mine = google.calendar(ADA)
  mine.clear()
  for (const [summary, date] of [
    ['c', '2031-01-03'],
    ['a', '2031-01-01'],
    ['b two', '2031-01-02']
  ] as const) {
    mine.insert({ summary, ...day(date) })
  }
  const list = async (query: Record<string, string>) =>
    (await api(google, token, `?${new URLSearchParams(query).toString()}`)).body
  const names = async (query: Record<string, string>) => (await list(query)).items.map((item: any) => item.summary)
  t.same(await names({}), ['c', 'a', 'b two'])
  t.same(await names({ q: 'TWO b' }), ['b two'])
  t.same(await names({ timeMin: '2031-01-02T00:00:00Z', timeMax: '2031-01-03T00:00:00Z' }), ['b two'])
  t.same(await names({ orderBy: 'updated' }), ['c', 'a', 'b two'])
  const sorted = { singleEvents: 'true', orderBy: 'startTime' }
  const first = await list({ ...sorted, maxResults: '2' })
  t.equal(first.items.length, 2)
  t.same(await names({ ...sorted, maxResults: '2', pageToken: first.nextPageToken }), ['c'])
  t.equal((await list({ ...sorted, pageToken: first.nextPageToken })).nextPageToken, undefined)

  const refused: Record<string, string>[] = [
    { orderBy: 'startTime' },
    { orderBy: 'size' },
    { maxResults: '0' },
    { maxResults: 'x' },
    { timeMin: '2031-01-01' },
    { timeMin: '2031-01-02T00:00:00Z', timeMax: '2031-01-01T00:00:00Z' },
    { pageToken: 'x' },
    { pageToken: first.nextPageToken }
  ]
  for (const query of refused) t.equal((await list(query)).error.code, 400)
})

t.test('the list of requests names the account of each token, also of one that has ended', async (t) => {
  google.resetCounts()
  t.equal((await api(google, token)).status, 200)
  google.expireAccessTokens(ADA)
  t.equal((await api(google, token)).status, 401)
  t.equal((await api(google, 'unknown')).status, 401)
  t.same(
    google.requests.map(({ sub }) => sub),
    [ADA, ADA, undefined]
  )
})

t.test('the list of calendars has one', async (t) => {
  const google = await startFor(t)
  const { access_token } = await signIn(google, { scope: 'openid https://www.googleapis.com/auth/calendar.readonly' })
  const list = (path = '', token: string = access_token) => get(google, `/users/me/calendarList${path}`, token)
  t.match(await list(), {
    kind: 'calendar#calendarList',
    items: [{ id: 'ada@example.com', primary: true, accessRole: 'owner' }]
  })
  t.match(await list('/primary'), { id: 'ada@example.com' })
  t.match(await list('/grace@example.com'), { error: { code: 404 } })
  const narrow = await signIn(google, { scope: `openid ${CALENDAR}`, include_granted_scopes: 'false' })
  t.match(await list('', narrow.access_token), { error: { code: 403 } })
})

t.test('busy times are joined, cut to the range, and leave out what does not block', async (t) => {
  const google = await startFor(t)
  const { access_token } = await signIn(google, { scope: 'openid https://www.googleapis.com/auth/calendar.freebusy' })
  const calendar = google.calendar(ADA)
  calendar.clear()
  const at = (time: string) => ({ dateTime: `2026-12-24T${time}:00Z` })
  const add = (start: string, end: string, more = {}) => calendar.insert({ start: at(start), end: at(end), ...more })
  add('11:00', '12:00')
  add('09:00', '10:00')
  add('10:00', '10:30')
  add('15:00', '16:00', { transparency: 'transparent' })
  add('17:00', '19:00')
  const query = (body: unknown, token: string = access_token) =>
    get(google, '/freeBusy', token, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' }
    })
  const range = { timeMin: '2026-12-24T09:30:00Z', timeMax: '2026-12-24T18:00:00Z' }
  const { calendars } = await query({ ...range, items: [{ id: 'primary' }, { id: 'grace@example.com' }] })
  t.same(calendars.primary.busy, [
    { start: '2026-12-24T09:30:00.000Z', end: '2026-12-24T10:30:00.000Z' },
    { start: '2026-12-24T11:00:00.000Z', end: '2026-12-24T12:00:00.000Z' },
    { start: '2026-12-24T17:00:00.000Z', end: '2026-12-24T18:00:00.000Z' }
  ])
  t.match(calendars['grace@example.com'], { errors: [{ reason: 'notFound' }] })
  t.same((await query(range)).calendars, {})
  for (const wrong of [{}, { ...range, timeMax: '2026' }, { ...range, timeMax: range.timeMin }, 'x']) {
    t.match(await query(wrong), { error: { code: 400 } })
  }
  const other = await signIn(google, { scope: `openid ${CALENDAR}`, include_granted_scopes: 'false' })
  t.match(await query(range, other.access_token), { error: { code: 403 } })
})

async function get(google: GoogleEmulator, path: string, token: string, init: RequestInit = {}): Promise<any> {
  const headers = { authorization: `Bearer ${token}`, ...(init.headers as Record<string, string> | undefined) }
  return (await fetch(`${google.apiOrigin}/calendar/v3${path}`, { ...init, headers })).json()
}
