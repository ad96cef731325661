/** Cookies stay small enough for browsers and servers, for any parameters. */
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { ADA, startApp, startGoogle } from '../../support/app.js'
import type { Browser } from '../../support/jar.js'

const bytesOf = (browser: Browser, part: string): number[] =>
  browser.cookieNames(part).map((name) => name.length + (browser.cookies.get(name)?.value.length ?? 0))
const random = (length: number): string => randomBytes(length).toString('base64url').slice(0, length)

t.test('the length of return_to is that of its normal form', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google)
  const refused = await browser().navigate(`/auth/start?return_to=${encodeURIComponent(`/${'é'.repeat(450)}`)}`)
  t.equal(refused.status, 400, '450 letters become 2,700')
  const path = `/${'é'.repeat(330)}`
  const one = browser()
  const url = await google.approve(await one.start(`?return_to=${encodeURIComponent(path)}`), ADA)
  t.equal((await one.navigate(url.slice(one.origin.length))).location, encodeURI(path))
  const guarded = await browser().navigate(`/me?q=${encodeURIComponent('é'.repeat(450))}`)
  t.equal(new URL(guarded.location, one.origin).searchParams.get('return_to'), '/', 'a guard goes on without it')
})

t.test(
  'no cookie above 4,000 bytes, all attempts below 6,000, and none is removed because a new one is large',
  async (t) => {
    const google = await startGoogle(t)
    const scopes = Array.from(
      { length: 60 },
      (_, at) => `https://www.googleapis.com/auth/scope.number.${at}.${random(12)}`
    )
    const { browser } = await startApp(t, google, {
      routes(app) {
        app.get('/', () => 'home')
        app.get('/page/*', { onRequest: app.googleAuth.required() }, () => 'page')
        app.get('/much', { onRequest: app.googleAuth.required({ scopes }) }, () => 'much')
      }
    })
    for (const length of [100, 700, 1_500, 1_990]) {
      const one = browser()
      const urls: { url: string; ends: string }[] = []
      for (let tab = 0; tab < 5; tab++) {
        const ends = `/page/${random(length)}`
        const started = await one.navigate(`/auth/start?return_to=${encodeURIComponent(ends)}`)
        if (started.status === 302) urls.push({ url: started.location, ends })
        else t.equal(started.status, 400, 'it does not fit, and no other is removed')
        t.ok(Math.max(...bytesOf(one, 'attempt')) < 4_000)
        t.ok(bytesOf(one, 'attempt').reduce((sum, size) => sum + size, 0) < 6_000)
      }
      t.ok(urls.length >= (length > 1_000 ? 1 : length > 500 ? 2 : 5), `${urls.length} of ${length} characters`)
      for (const { url, ends } of urls) {
        const back = await google.approve(url, ADA)
        t.equal((await one.navigate(back.slice(one.origin.length))).location, ends, 'each comes back to its page')
      }
    }

    const one = browser()
    for (let tab = 0; tab < 5; tab++) {
      const guarded = await one.navigate(`/page/${random(1_500)}`)
      const started = await one.navigate(guarded.location)
      t.equal(started.status, 302, 'a guard falls back to defaultReturnTo')
      t.match(started.location, google.issuer)
    }
    t.equal(one.cookieNames('attempt').length, 5)
    const much = browser()
    const started = await much.navigate((await much.navigate('/much')).location)
    t.equal(started.status, 302)
    t.ok(Math.max(...bytesOf(much, 'attempt')) < 4_000, 'sixty scopes')
  }
)

t.test('attempts that have ended or do not open take no space', async (t) => {
  const google = await startGoogle(t)
  const first = await startApp(t, google)
  const one = first.browser()
  for (let tab = 0; tab < 5; tab++) await one.start()
  await first.app.close()
  await startApp(t, google, { port: first.port, options: { secret: 'another secret, as long as the first one' } })
  const url = await google.approve(await one.start('?return_to=/me'), ADA)
  t.equal(one.cookieNames('attempt').length, 1)
  t.equal((await one.navigate(url.slice(one.origin.length))).location, '/me')
})

t.test('no sign-in ends at a path of the plugin', async (t) => {
  const google = await startGoogle(t)
  const { browser, origin } = await startApp(t, google)
  for (const path of [
    '/%61uth/start',
    '/AUTH/start',
    '/auth/start/',
    '/auth//start',
    '/%2561uth/start',
    '/auth%2Fstart'
  ]) {
    const { status } = await browser().navigate(`/auth/start?return_to=${encodeURIComponent(path)}`)
    t.equal(status, path === '/%2561uth/start' ? 302 : 400, path)
  }
  const guarded = await browser().fetch('/me', { headers: { referer: `${origin}/%61uth/return?code=x` } })
  t.equal(new URL(guarded.json().authorizeUrl, origin).searchParams.get('return_to'), '/')
})

t.test('a sign-out with a wrong return_to ends the session, then answers 400', async (t) => {
  const google = await startGoogle(t)
  const { signedIn } = await startApp(t, google)
  for (const path of ['/auth/signout', '/auth/revoke']) {
    const ada = await signedIn()
    const copied = ada.copy()
    t.equal((await ada.submit(`${path}?return_to=//evil.example`)).status, 400)
    t.equal((await ada.fetch('/me')).status, 401)
    t.equal((await copied.fetch('/me')).status, 401, path)
  }
})
