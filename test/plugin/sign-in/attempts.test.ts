import { LoginAttemptError } from '../../../src/core/errors/sign-in.js'
import t from 'tap'
import { ADA, GRACE, optionsFor, SECRET, startApp, startGoogle, startRedisFor } from '../../support/app.js'
import { liveSessions } from '../../support/live-sessions.js'
import type { Browser, Reply } from '../../support/jar.js'

/** What the browser answers to the URL that brings it back. */
const back = (browser: Browser, url: string): Promise<Reply> => browser.navigate(url.slice(browser.origin.length))
const reasonOf = ({ text }: Reply): string | undefined => {
  for (const reason of ['missing', 'expired', 'forged', 'malformed', 'issuer'] as const)
    if (text.includes(new LoginAttemptError(reason).message)) return reason
  return undefined
}

t.test('several tabs come back in any order', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google)
  for (const order of [
    [0, 1, 2],
    [2, 1, 0],
    [1, 2, 0]
  ]) {
    const one = browser()
    const returns: string[] = []
    for (const tab of [0, 1, 2]) returns.push(await google.approve(await one.start(`?return_to=/tab/${tab}`), ADA))
    t.equal(one.cookieNames('attempt').length, 3)
    for (const tab of order)
      t.equal((await back(one, returns[tab]!)).location, `/tab/${tab}`, `${order.join()}: ${tab}`)
    t.equal(one.cookieNames('attempt').length, 0)
    t.equal((await one.fetch('/me')).status, 200)
  }
})

t.test('five attempts at most: the oldest is removed', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google)
  const one = browser()
  await one.visit(google, '/me', ADA)
  await one.submit('/auth/signout')
  const returns: string[] = []
  for (let tab = 0; tab < 7; tab++) {
    returns.push(await google.approve(await one.start(`?return_to=/tab/${tab}`), ADA))
    t.ok(one.cookieNames('attempt').length <= 5, `after ${tab + 1}`)
    await new Promise((resolve) => setTimeout(resolve, 3))
  }
  for (const gone of [0, 1]) t.equal(reasonOf(await back(one, returns[gone]!)), 'missing', `the tab ${gone} is out`)
  for (const kept of [2, 3, 4, 5, 6]) t.equal((await back(one, returns[kept]!)).location, `/tab/${kept}`)
})

t.test('many starts at once: the cookies stay small enough for a server', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google)
  const one = browser()
  const long = `/${'a'.repeat(1_990)}`
  for (let tab = 0; tab < 8; tab++) {
    await one.start(`?return_to=${long}`)
    const size = [...one.cookies].reduce((sum, [name, { value }]) => sum + name.length + value.length + 3, 0)
    t.ok(size < 8_000, `${size} bytes`)
    for (const { value } of one.cookies.values()) t.ok(value.length < 4_000, `browsers keep 4 kB: ${value.length}`)
  }
  const returned = await google.approve(await one.start(`?return_to=${long}`), ADA)
  t.equal((await back(one, returned)).location, long, 'the last one works')
  const parallel = browser()
  await Promise.all(Array.from({ length: 12 }, () => parallel.start()))
  t.equal((await parallel.navigate('/auth/start')).status, 302)
  t.ok(parallel.cookieNames('attempt').length <= 5, 'the next start removes what parallel starts left')
})

t.test('returns that do not belong to an attempt', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google)
  /** A browser before its return, and the return URL. */
  const before = async (): Promise<{ one: Browser; url: URL; name: string }> => {
    const one = browser()
    const url = new URL(await google.approve(await one.start('?return_to=/me'), ADA))
    return { one, url, name: one.cookieNames('attempt')[0]! }
  }
  const cases: [what: string, reason: string, tamper: (at: Awaited<ReturnType<typeof before>>) => unknown][] = [
    ['another browser', 'missing', ({ one }) => one.cookies.clear()],
    ['another state', 'missing', ({ url }) => url.searchParams.set('state', 'x'.repeat(32))],
    ['no state', 'missing', ({ url }) => url.searchParams.delete('state')],
    ['an empty state', 'missing', ({ url }) => url.searchParams.set('state', '')],
    ['two states', 'malformed', ({ url }) => url.searchParams.append('state', url.searchParams.get('state')!)],
    ['two codes', 'malformed', ({ url }) => url.searchParams.append('code', 'x')],
    ['two issuers', 'malformed', ({ url }) => url.searchParams.append('iss', google.issuer)],
    ['no code', 'malformed', ({ url }) => url.searchParams.delete('code')],
    ['an empty code', 'malformed', ({ url }) => url.searchParams.set('code', '')],
    ['another issuer', 'issuer', ({ url }) => url.searchParams.set('iss', 'https://evil.example')],
    ['an empty issuer', 'issuer', ({ url }) => url.searchParams.set('iss', '')],
    ['Google, which was not asked', 'issuer', ({ url }) => url.searchParams.set('iss', 'https://accounts.google.com')],
    [
      'an error of another issuer',
      'issuer',
      ({ url }) => {
        url.searchParams.set('iss', 'https://evil.example')
        url.searchParams.set('error', 'access_denied')
      }
    ],
    [
      'one bit of the cookie',
      'forged',
      ({ one, name }) => {
        const { value, attributes } = one.cookies.get(name)!
        const at = Math.floor(value.length / 2)
        one.cookies.set(name, {
          value: value.slice(0, at) + (value[at] === 'A' ? 'B' : 'A') + value.slice(at + 1),
          attributes
        })
      }
    ],
    ...['', 'x', '{}', 'null', '%', 'A'.repeat(3_000)].map(
      (value): [string, string, (at: Awaited<ReturnType<typeof before>>) => unknown] => [
        `a cookie ${JSON.stringify(value.slice(0, 9))}`,
        'forged',
        ({ one, name }) => one.cookies.set(name, { value, attributes: {} })
      ]
    ),
    [
      'a cookie of another name',
      'forged',
      async ({ one, name }) => {
        await one.start()
        const another = one.cookieNames('attempt').find((each) => each !== name)!
        one.cookies.set(name, one.cookies.get(another)!)
      }
    ]
  ]
  for (const [what, reason, tamper] of cases) {
    const at = await before()
    await tamper(at)
    google.resetCounts()
    const reply = await back(at.one, at.url.href)
    t.equal(reply.status, 400, what)
    t.equal(reasonOf(reply), reason, `${what}: ${reason}`)
    t.equal(google.count('token'), 0, 'the code did not leave the server')
    t.equal(at.one.session, undefined, 'nobody is signed in')
    t.match(reply.headers, { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
    t.match(reply.text, /href="\/auth\/start/, 'a way to try again')
    t.notOk(reply.text.includes(at.url.searchParams.get('code') || 'no code'), 'the code is not reflected')
  }
})

t.test('an attempt is taken once', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google)
  const one = browser()
  const returned = await google.approve(await one.start('?return_to=/me'), ADA)
  const thief = one.copy()
  t.equal((await back(one, returned)).location, '/me')
  t.equal((await back(one, returned)).location, '/', 'a signed-in user is sent on')
  const replayed = await back(thief, returned)
  t.equal(reasonOf(replayed), 'missing', 'the code is good for one exchange')
  t.equal(thief.session, undefined)
  t.equal((await one.fetch('/me')).status, 200, 'and the first browser stays signed in')

  const twice = browser()
  const double = await google.approve(await twice.start('?return_to=/me'), ADA)
  const copied = twice.copy('attempt')
  google.resetCounts()
  const returns = await Promise.all([back(twice, double), back(twice, double), back(twice, double)])
  t.same(
    returns.map(({ location }) => location),
    ['/me', '/me', '/me'],
    'a double click is no error'
  )
  t.equal(google.count('token'), 1, 'the code is not sent twice')
  t.equal((await twice.fetch('/me')).status, 200)
  t.equal((await back(copied, double)).status, 400, 'then it is used up')
})

t.test('a second return of a signed-in user redirects, and the user stays signed in', async (t) => {
  const google = await startGoogle(t)
  const { browser, signedIn } = await startApp(t, google, { options: { defaultReturnTo: '/home' } })
  const ada = await signedIn()
  t.equal((await ada.navigate('/auth/return')).location, '/home')
  t.equal((await ada.navigate('/auth/return?state=unknown&code=x')).location, '/home')
  t.equal((await ada.navigate('/auth/return?state=a&state=b&code=x')).status, 400)
  t.equal((await ada.fetch('/me')).status, 200)
  t.equal((await browser().navigate('/auth/return')).status, 400)
})

t.test('an attempt lives for ten minutes', async (t) => {
  const { now } = Date
  let later = 0
  Date.now = () => now() + later
  t.teardown(() => void (Date.now = now))
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google)
  const one = browser()
  const inTime = await google.approve(await one.start('?return_to=/me'), ADA)
  const [name = ''] = one.cookieNames('attempt')
  t.match(one.cookies.get(name)?.attributes, { 'max-age': '600', httponly: '', samesite: 'Lax', path: '/' })
  const slow = one.copy()
  later = 590_000
  t.not(reasonOf(await back(one, inTime)), 'expired')
  later = 600_001
  t.equal(reasonOf(await back(slow, inTime)), 'expired')
})

t.test('an attempt for another client id does not open', async (t) => {
  const google = await startGoogle(t)
  const first = await startApp(t, google)
  const other = google.addClient({ redirectUris: [`${first.origin}/auth/return`], clientId: 'other-client' })
  const one = first.browser()
  const returned = await google.approve(await one.start('?return_to=/me'), ADA)
  const theirs = first.browser()
  const copied = [...one.cookies].map(([name, cookie]) => ({
    suffix: name.slice(name.lastIndexOf('attempt-') + 16),
    cookie
  }))
  await first.app.close()
  const second = await startApp(t, google, {
    port: first.port,
    options: {
      ...optionsFor(google, `${first.origin}/auth/return`),
      clientSecrets: google.clientSecretsOf(other.clientId)
    }
  })
  t.equal(second.port, first.port)
  t.equal(reasonOf(await back(one, returned)), 'missing', 'its cookie has another name')
  await theirs.start()
  const [example = ''] = theirs.cookieNames('attempt')
  for (const { suffix, cookie } of copied) theirs.cookies.set(example.slice(0, -suffix.length) + suffix, cookie)
  t.equal(reasonOf(await back(theirs, returned)), 'forged', 'and does not open under the name of the other client')
})

t.test('an attempt survives a rotation of the secret and a restart', async (t) => {
  const google = await startGoogle(t)
  const first = await startApp(t, google)
  const one = first.browser()
  const returned = await google.approve(await one.start('?return_to=/me'), ADA)
  const gone = one.copy()
  await first.app.close()
  const second = await startApp(t, google, { port: first.port, options: { secret: [`${SECRET} new`, SECRET] } })
  t.equal((await back(one, returned)).location, '/me')
  await second.app.close()
  await startApp(t, google, { port: first.port, options: { secret: [`${SECRET} new`] } })
  t.equal(reasonOf(await back(gone, returned)), 'forged')
})

t.test('login CSRF: the return of another browser signs nobody in', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google)
  const [attacker, victim] = [browser(), browser()]
  const bait = await google.approve(await attacker.start(), GRACE)
  await victim.start()
  t.equal(reasonOf(await back(victim, bait)), 'missing')
  t.equal(victim.session, undefined)
})

t.test('Redis is empty until a sign-in succeeds', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const { browser } = await startApp(t, google, { options: { redis: redis.url } })
  const look = redis.client()
  const one = browser()
  const refused = await google.approve(await one.start('?return_to=/me'), ADA)
  const url = new URL(refused)
  await one.navigate('/me')
  await one.fetch('/me')
  await one.navigate('/nowhere')
  await one.navigate('/auth/start?return_to=//evil.example')
  await one.submit('/auth/revoke')
  await back(one, await google.cancel(await one.start(), GRACE))
  url.searchParams.set('code', '4/0Awrong')
  t.equal((await back(one, url.href)).status, 400)
  const undo = google.tamper({ idToken: (claims) => void (claims['aud'] = 'evil') })
  t.equal((await back(one, await google.approve(await one.start(), ADA))).status, 401)
  undo()
  google.failNext('token', { status: 500 })
  t.equal((await back(one, await google.approve(await one.start(), ADA))).status, 503)
  const keys = await look.keys('*')
  t.same(await liveSessions(look), [])
  t.same(
    keys.filter((key) => !key.includes(':session:')),
    []
  )
  for (const key of keys) t.ok((await look.pttl(key)) < 60_000, 'a code is claimed for less than a minute')
  await back(one, await google.approve(await one.start(), ADA))
  t.ok((await look.keys('*')).length > 0)
})
