/** Several accounts of one user: on the account page, and their events in one list. */
import t from 'tap'
import { Browser } from '../support/jar.js'
import { ADA, CALENDAR_EVENTS, GRACE, KATHERINE, runningApp } from './running-app.js'

const { app, url, port, emulator, forgetEverybody } = await runningApp(t)
const { startUrl } = app.googleAuth

t.beforeEach(forgetEverybody)

const HOUR_MS = 3_600_000
const ADD = startUrl({ connect: true, returnTo: '/account?done=connected', scopes: [CALENDAR_EVENTS] })

/** A browser in which Ada is signed in, and has allowed her calendar unless told otherwise. */
async function adasBrowser(scopes = [CALENDAR_EVENTS]): Promise<Browser> {
  const browser = new Browser(url, port)
  await browser.visit(emulator, startUrl({ scopes }), { sub: ADA })
  return browser
}

async function adasBrowserWith(...others: string[]): Promise<Browser> {
  const browser = await adasBrowser()
  for (const sub of others) await browser.visit(emulator, ADD, { sub })
  return browser
}

/** The text of each item of the list of this class. */
function items(page: string, list: string): string[] {
  const lists = page.split(`<ul class="${list}">`).slice(1)
  return lists.flatMap((part) => part.split(/<li class="marked /).slice(1))
}

/** The link with these words, as a path. */
function linkTo(page: string, words: string): string {
  const link = page.split('<a ').find((part) => part.includes(`>${words}`))
  return (/href="([^"]+)"/.exec(link ?? '')?.[1] ?? '').replaceAll('&amp;', '&')
}

const newEvent = (changes: Record<string, string>) => ({
  summary: 'Tea',
  day: new Date(Date.now() + 48 * HOUR_MS).toISOString().slice(0, 10),
  time: '10:00',
  minutes: '60',
  location: '',
  timeZone: 'UTC',
  account: ADA,
  ...changes
})

const has = (sub: string, summary: string) => emulator.calendar(sub).events.some((event) => event.summary === summary)

t.test('a second account is added, and the own one stays the first', async (t) => {
  const browser = await adasBrowser()
  const alone = await browser.navigate('/account')
  t.notMatch(alone.text, 'colour-', 'a single account needs no colour')
  const page = await browser.visit(emulator, linkTo(alone.text, 'Add an account'), { sub: GRACE })
  t.equal(page.url, `${url}/account?done=connected`)
  t.match(page.text, 'The account is connected.')
  const [own, added, ...more] = items(page.text, 'accounts')
  t.same(more, [])
  t.match(own, /^colour-1"[^]*Ada Lovelace[^]*ada@example\.com[^]*You sign in with this account[^]*Connected/)
  t.notMatch(own, '<form', 'what ends the own account ends all, and stands below')
  t.match(added, /^colour-2"[^]*Grace Hopper[^]*grace@example\.com[^]*Connected<\/strong> since <time/)
  t.match(added, 'See and change events on your calendars')
  t.match((await browser.navigate('/me')).text, 'ada@example.com', 'Ada is still who is signed in')
})

t.test('the events of all accounts are one list, by time', async (t) => {
  const browser = await adasBrowserWith(GRACE, KATHERINE)
  const at = (hours: number) => ({ dateTime: new Date(Date.now() + hours * HOUR_MS).toISOString() })
  const day = new Date(Date.now() + 240 * HOUR_MS).toISOString().slice(0, 10)
  const dayAfter = new Date(Date.now() + 264 * HOUR_MS).toISOString().slice(0, 10)
  emulator.calendar(ADA).insert({ summary: 'Third', start: at(0.3), end: at(0.4) })
  emulator.calendar(GRACE).insert({ summary: 'Second', start: at(0.2), end: at(0.4) })
  emulator.calendar(KATHERINE).insert({ summary: 'First', start: at(0.1), end: at(0.4) })
  const early = { dateTime: `${day}T00:00:00Z` }
  emulator.calendar(ADA).insert({ summary: 'Early', start: early, end: early })
  emulator.calendar(GRACE).insert({ summary: 'Whole day', start: { date: day }, end: { date: dayAfter } })
  const { text } = await browser.navigate('/events')
  const shown = items(text, 'events').map(
    (item) =>
      `${/<strong>(.*?)<\/strong>/.exec(item)?.[1]} ${/^colour-\d/.exec(item)?.[0]} ${/\w+@[\w.]+/.exec(item)?.[0]}`
  )
  t.same(shown.slice(0, 3), [
    'First colour-3 katherine@workspace.example',
    'Second colour-2 grace@example.com',
    'Third colour-1 ada@example.com'
  ])
  t.same(shown.slice(-2), ['Whole day colour-2 grace@example.com', 'Early colour-1 ada@example.com'])
})

t.test('a full calendar does not hide that the others end earlier', async (t) => {
  const browser = await adasBrowserWith(GRACE)
  for (let minute = 1; minute <= 30; minute += 1) {
    const time = { dateTime: new Date(Date.now() + minute * 60_000).toISOString() }
    emulator.calendar(GRACE).insert({ summary: `Call ${minute}`, start: time, end: time })
  }
  const { text } = await browser.navigate('/events')
  t.equal(items(text, 'events').length, 25)
  t.notMatch(text, 'Debugging club', 'it is later than calls that are not shown')
  for (const { id, summary } of emulator.calendar(GRACE).events)
    if (summary?.startsWith('Call')) emulator.calendar(GRACE).delete(id)
})

t.test('a new event goes to the account that was chosen', async (t) => {
  const browser = await adasBrowserWith(GRACE)
  const form = (await browser.navigate('/events')).text
  t.match(form, new RegExp(`<option value="${ADA}" selected>`), 'the own one by default')
  const sent = await browser.submit('/events', newEvent({ summary: 'With Grace', account: GRACE }))
  t.match(sent, { status: 303, location: '/events?done=added' })
  t.ok(has(GRACE, 'With Grace'))
  t.notOk(has(ADA, 'With Grace'))
  await browser.submit('/events', newEvent({ summary: 'With Ada' }))
  t.ok(has(ADA, 'With Ada'))

  const foreign = await browser.submit('/events', newEvent({ summary: 'Trap', account: KATHERINE }))
  t.equal(foreign.status, 422)
  t.match(foreign.text, 'Choose a calendar that is open to Datebook.')
  t.notOk([ADA, GRACE, KATHERINE].some((sub) => has(sub, 'Trap')))
})

t.test('a lost account shows a notice, says why, and can be given access again', async (t) => {
  const browser = await adasBrowserWith(GRACE)
  emulator.revokeGrant(GRACE)
  emulator.expireAccessTokens(GRACE)
  const events = await browser.navigate('/events')
  t.equal(events.status, 200)
  t.match(events.text, /grace@example\.com<\/strong>\s*has lost its connection/)
  t.match(events.text, 'ada@example.com', 'the events of Ada are there')
  t.notMatch(events.text, `<option value="${GRACE}"`, 'no event can be added there')
  t.equal((await browser.submit('/events', newEvent({ account: GRACE }))).status, 422)

  const account = await browser.navigate('/account')
  const [, lost] = items(account.text, 'accounts')
  t.match(lost, /Connection lost[^]*Perhaps you have removed Datebook[^]*You connected it on <time/)
  const again = linkTo(account.text, 'Give access again')
  const wrong = await browser.visit(emulator, again, { sub: KATHERINE })
  t.match(wrong.text, 'You connected katherine@workspace.example', 'picking another one is told')
  const healed = await browser.visit(emulator, again, { sub: GRACE })
  t.match(items(healed.text, 'accounts')[1], /Grace[^]*Connected/)
  t.notMatch((await browser.navigate('/events')).text, 'class="notice warning"')
})

t.test('an account that loses access while an event is sent leads to Google, and back', async (t) => {
  const browser = await adasBrowserWith(GRACE)
  emulator.revokeGrant(GRACE)
  const sent = await browser.submit('/events', newEvent({ account: GRACE }))
  t.equal(sent.status, 401)
  t.match(sent.text, /href="\/auth\/start\?[^"]*connect=1/)
  t.match(sent.text, GRACE, 'for this account')
})

t.test('an account without its calendar shows a notice, and can allow it', async (t) => {
  const browser = await adasBrowser()
  await browser.visit(emulator, ADD, { sub: GRACE, untick: [CALENDAR_EVENTS] })
  emulator.resetCounts()
  const events = await browser.navigate('/events')
  t.match(events.text, /grace@example\.com<\/strong>\s*does not let Datebook see its calendar/)
  t.equal(emulator.count('api'), 1, 'Google is not asked for a calendar that is closed')
  t.equal(items((await browser.navigate('/account')).text, 'accounts')[1]?.includes('Allow the calendar'), true)
  const allowed = await browser.visit(emulator, linkTo(events.text, 'Allow the calendar'), { sub: GRACE })
  t.equal(allowed.url, `${url}/events`)
  t.notMatch(allowed.text, 'class="notice warning"')
})

t.test('without the own calendar, that of another account is enough', async (t) => {
  const browser = await adasBrowser([])
  await browser.visit(emulator, ADD, { sub: GRACE })
  const { status, text } = await browser.navigate('/events')
  t.equal(status, 200)
  t.match(text, /ada@example\.com<\/strong>\s*does not let/)
  await browser.submit('/events', newEvent({ summary: 'Only Grace can', account: GRACE }))
  t.ok(has(GRACE, 'Only Grace can'))
})

t.test('trouble with one calendar leaves the others, with all of them the page is out of order', async (t) => {
  const browser = await adasBrowserWith(GRACE)
  const heal = emulator.failNext('api', { status: 400, times: 1 })
  const { status, text } = await browser.navigate('/events')
  heal()
  t.equal(status, 200)
  t.match(text, 'cannot be reached at Google just now')
  const healAll = emulator.failNext('api', { status: 400, times: Infinity })
  t.equal((await browser.navigate('/events')).status, 503)
  healAll()
})

t.test('one account is disconnected, and comes back to the account page', async (t) => {
  const browser = await adasBrowserWith(GRACE, KATHERINE)
  const page = (await browser.navigate('/account')).text
  const action = /action="([^"]*account=113374039128844615207[^"]*)"/.exec(page)?.[1]?.replaceAll('&amp;', '&') ?? ''
  const elsewhere = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
  t.equal((await browser.submit(action, {}, elsewhere)).status, 403, 'a form of another site disconnects nothing')
  const done = await browser.submit(action)
  t.match(done, { status: 303, location: '/account?done=account-disconnected' })
  t.same(emulator.grants(GRACE), { scopes: [], refreshTokens: 0 }, 'Google was told')
  const after = (await browser.navigate(done.location)).text
  t.match(after, 'Where somebody else has added it, their access goes on.')
  t.match(
    items(after, 'accounts').map((item) => /\w+@[\w.]+/.exec(item)?.[0]),
    ['ada@example.com', 'katherine@workspace.example']
  )
})

t.test('my own disconnect leaves Google open for who has added my account, and the page says so', async (t) => {
  const ada = await adasBrowserWith(GRACE)
  const grace = new Browser(url, port)
  await grace.visit(emulator, '/auth/start', { sub: GRACE })
  t.match(
    (await grace.navigate('/account')).text.replaceAll(/\s+/g, ' '),
    'If somebody else has added your account here'
  )
  const done = await grace.submit('/auth/revoke?return_to=/?done=disconnected')
  t.match((await grace.navigate(done.location)).text, 'their access goes on')
  t.notMatch((await ada.navigate('/events')).text, 'class="notice warning"', 'it still works for Ada')
})

t.test('an end that is near is told, with its time', async (t) => {
  const browser = await adasBrowserWith(GRACE)
  const storage = app.googleAuth.storageFor(ADA, GRACE)
  const token = await storage.get()
  const endsAt = Date.parse('2099-03-04T05:06:00Z')
  await storage.put(token!.with({ grantedAt: endsAt - 7 * 24 * HOUR_MS, refreshTokenExpiresAt: endsAt }))
  const [own, near] = items((await browser.navigate('/account')).text, 'accounts')
  t.match(near, /Access ends on\s*<time[^>]*>4 March 2099 at 05:06 UTC[^]*being tested[^]*Give access again/)
  t.notMatch(own, 'Access ends')
})

t.test(
  'when nothing is stored for the own account, it is still the first, and can be given access again',
  async (t) => {
    const browser = await adasBrowserWith(GRACE)
    await app.googleAuth.storageFor(ADA).delete()
    const page = await browser.navigate('/account')
    const [own, added] = items(page.text, 'accounts')
    t.match(own, /Ada Lovelace[^]*Connection lost[^]*kept nothing/)
    t.match(added, 'Grace Hopper')
    await browser.visit(emulator, linkTo(page.text, 'Give access again'), { sub: ADA })
    t.match(items((await browser.navigate('/account')).text, 'accounts')[0], /Ada Lovelace[^]*Connected/)
  }
)
