import t from 'tap'
import { startApp, startGoogle } from '../../support/app.js'

const LONG = `/${'a'.repeat(1_999)}`

/** Each value as it is in the query, with percent-encoding. */
const REFUSED = [
  '//evil.example',
  '///evil.example',
  '////evil.example/%2e%2e',
  '/\\evil.example',
  '\\\\evil.example',
  '\\/evil.example',
  '/%5Cevil.example',
  '/%5c%5cevil.example',
  '/%09/evil.example',
  '%09//evil.example',
  '/%0a/evil.example',
  '/%0d%0a/evil.example',
  '%20//evil.example',
  '%20https://evil.example',
  '/%00/evil.example',
  '/a%0d%0aset-cookie:%20a=b',
  '/a%7f',
  '/.//evil.example',
  '/..//evil.example',
  '/./%2f/evil.example'.replace('%2f/', '%5c'),
  '/a/..//evil.example',
  '/%2e//evil.example',
  '/%2e%2e//evil.example',
  '/.%2e//evil.example',
  '/%252e//evil.example'.replace('%25', '%'),
  'https://evil.example',
  'https:evil.example',
  'https:/evil.example',
  'http:///evil.example',
  '@evil.example',
  ':80',
  '.evil.example',
  'evil.example',
  'evil.example/path',
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'data:text/html,x',
  'blob:https://evil.example/x',
  'vbscript:x',
  '%E3%80%82evil.example',
  '%EF%BC%8F%EF%BC%8Fevil.example',
  '?a=b',
  '%23a',
  'a',
  './a',
  '../a',
  '%2F%2Fevil.example',
  '%2f%5cevil.example',
  LONG + 'a',
  '/auth/start',
  '/auth/start?return_to=/auth/start',
  '/auth/return?code=x&state=y'.replace('&', '%26'),
  '/auth/../auth/start',
  '/x/%2e%2e/auth/return'
]

/** The value in the query, and where the browser arrives. */
const ALLOWED: [string, string][] = [
  ['/', '/'],
  ['', '/home'],
  ['/me', '/me'],
  ['/me?week=2%26x=1', '/me?week=2&x=1'],
  ['/me%3Fa=%252F%252Fevil.example', '/me?a=%2F%2Fevil.example'],
  ['/me%23part', '/me#part'],
  ['/a/../b', '/b'],
  ['/..', '/'],
  ['/a//b', '/a//b'],
  ['/@evil.example', '/@evil.example'],
  ['/:80', '/:80'],
  ['/evil.example', '/evil.example'],
  ['/https://evil.example', '/https://evil.example'],
  ['/%252F/evil.example', '/%2F/evil.example'],
  ['/%C3%A4', '/%C3%A4'],
  ['/%EF%BC%8Fevil.example', '/%EF%BC%8Fevil.example'],
  ['/a%20b', '/a%20b'],
  ['/auth/startx', '/auth/startx'],
  [LONG, LONG]
]

t.test('return_to', async (t) => {
  const google = await startGoogle(t)
  const { browser, origin, app } = await startApp(t, google, { options: { defaultReturnTo: '/home' } })
  const refused = [...REFUSED, `${origin}/me`, `${origin}@evil.example/`, `${origin}.evil.example/`]
  for (const value of refused) {
    const reply = await browser().fetch(`/auth/start?return_to=${value}`)
    t.equal(reply.status, 400, `refused: ${value.slice(0, 60)}`)
    t.equal(reply.json().code, 'GOOGLE_AUTH_RETURN_TO')
    t.match(reply.json().message, /a path of this site.* or a URL of one of trustedOrigins/, 'says all that is allowed')
    t.equal(reply.setCookies.length, 0)
    t.notOk(reply.text.includes('evil'), 'not reflected')
  }
  t.test('where it leads', async (t) => {
    const one = browser()
    for (const [value, ends] of ALLOWED) {
      const returned = await google.approve(await one.start(`?return_to=${value}`), { email: 'ada@example.com' })
      const { location } = await one.navigate(returned.slice(origin.length))
      t.equal(location, ends, value.slice(0, 60))
      t.equal(new URL(location, origin).origin, origin)
    }
  })
  t.test('several values, or names in brackets', async (t) => {
    const first = await browser().navigate('/auth/start?return_to=/me&return_to=//evil.example')
    if (first.status === 302) {
      const one = browser()
      const returned = await google.approve(await one.start('?return_to=/me&return_to=//evil.example'))
      t.equal((await one.navigate(returned.slice(origin.length))).location, '/me')
    } else t.equal(first.status, 400)
    const reversed = await browser().navigate('/auth/start?return_to=//evil.example&return_to=/me')
    t.equal(reversed.status, 400)
    const brackets = browser()
    const returned = await google.approve(await brackets.start('?return_to[]=//evil.example'))
    t.equal((await brackets.navigate(returned.slice(origin.length))).location, '/home', 'another parameter')
  })
  for (const value of [7, ['/me'], {}, new URL('/me', origin)] as unknown as string[])
    t.throws(() => app.googleAuth.startUrl({ returnTo: value }), { code: 'GOOGLE_AUTH_RETURN_TO' })
})

t.test('return_to of sign-outs and guards', async (t) => {
  const google = await startGoogle(t)
  const { browser, origin } = await startApp(t, google)
  for (const value of ['//evil.example', '/\\evil.example', '/.//evil.example', 'https://evil.example']) {
    const reply = await browser().submit(`/auth/signout?return_to=${encodeURIComponent(value)}`)
    t.equal(reply.status, 400, `sign-out: ${value}`)
  }
  // Node passes this path as it was sent. The guard must not turn it into another origin.
  for (const path of ['//evil.example/me', '/.//evil.example', '/\\evil.example', '/me?x=//evil.example']) {
    const { location } = await browser().navigate(path)
    if (location) t.equal(new URL(location, origin).origin, origin, path)
  }
  for (const referer of [
    'https://evil.example/a',
    `${origin}.evil.example/a`,
    `${origin}//evil.example/`,
    'nonsense'
  ]) {
    const reply = await browser().fetch('/me', { headers: { referer } })
    const { authorizeUrl } = reply.json()
    t.equal(new URL(authorizeUrl, origin).searchParams.get('return_to') ?? '/', '/', referer)
  }
})
