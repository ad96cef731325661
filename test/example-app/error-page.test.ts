import { createHash } from 'node:crypto'
import t from 'tap'
import { Pages } from '../../src/plugin/http/error-page.js'

const pages = new Pages()

const view = { title: 'Title', message: 'Message', statusCode: 403, code: 'CODE' }

t.test('the policy allows the one style of the page, and nothing else', async (t) => {
  const style = /<style>([^]*?)<\/style>/.exec(pages.error(view))![1]!
  t.match(pages.policy("'none'"), `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`)
  t.match(pages.policy("'none'"), "default-src 'none'")
  for (const page of [pages.error(view), pages.notice({ title: 'A', message: 'B', continueUrl: '/' })]) {
    t.notMatch(page, /<script|<link|<img| style=|url\(|@import/)
    t.match(page, /<html lang="en">[^]*name="viewport"[^]*<title>[^]*<main>[^]*<h1>/)
  }
})

t.test('every text is escaped', async (t) => {
  const evil = '"><img src=x onerror=alert(1)>\'&'
  const page = pages.error({
    ...view,
    title: evil,
    message: evil,
    code: evil,
    missingScopes: [evil],
    tryAgainUrl: `/x?${evil}`,
    tryAgainLabel: evil,
    homeUrl: `https://example.com/?${evil}`,
    signedInAs: evil
  })
  t.notMatch(page, '<img')
  // Six texts, the title twice; in the two links the characters are percent-encoded instead.
  t.equal(page.match(/&quot;&gt;&lt;img/g)?.length, 7)
})

t.test('a link leads to a path of this origin or to a web page, else it is left out', async (t) => {
  const linked = (tryAgainUrl: string) => /href="([^"]*)"/.exec(pages.error({ ...view, tryAgainUrl }))?.[1] ?? null
  t.equal(linked('/a/b?c=d&e=f#g'), '/a/b?c=d&amp;e=f#g')
  t.equal(linked('https://example.com/x'), 'https://example.com/x')
  for (const bad of [
    'javascript:alert(1)',
    ' javascript:alert(1)',
    'JAVASCRIPT:alert(1)',
    'data:text/html,x',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '/.//evil.example',
    '/..//evil.example',
    'evil',
    '',
    'ftp://example.com'
  ]) {
    t.equal(linked(bad), null, JSON.stringify(bad))
  }
})

t.test('known scopes are told in words, others by their names', async (t) => {
  const page = pages.error({
    ...view,
    missingScopes: [
      'https://www.googleapis.com/auth/calendar.events',
      'email',
      'https://example.com/odd',
      'constructor'
    ]
  })
  t.match(page, 'See and change events on your calendars <small><code>https://www.googleapis.com/auth/calendar.events<')
  t.match(page, 'See your email address')
  t.match(page, '<li><code>https://example.com/odd</code></li>')
  t.match(page, '<li><code>constructor</code></li>')
})

t.test('what is not given leaves no trace', async (t) => {
  const page = pages.error(view)
  t.notMatch(page, /<nav|<section|signed in as|undefined/)
  t.match(page, 'Error 403')
})

t.test('the name, logo and color of the app', async (t) => {
  const branded = new Pages({ name: 'Tea & Co', logo: 'https://cdn.example/logo.svg', color: '#ffd400' })
  const page = branded.error(view)
  t.match(page, '<title>')
  t.match(page, '· Tea &amp; Co</title>')
  t.match(page, '<header><img src="https://cdn.example/logo.svg" alt=""><span>Tea &amp; Co</span></header>')
  t.match(page, '--main: #ffd400; --on-main: #000')
  t.match(branded.policy("'none'"), 'img-src https://cdn.example;')
  const style = /<style>([^]*?)<\/style>/.exec(page)![1]!
  t.match(branded.policy("'none'"), createHash('sha256').update(style).digest('base64'))
  const dark = new Pages({ logo: '/logo.png', color: '#0b57d0' })
  t.match(dark.error(view), '--on-main: #fff')
  t.match(dark.error(view), '<img src="/logo.png" alt="Logo">')
  t.match(dark.policy("'none'"), "img-src 'self';")
  t.notMatch(pages.policy("'none'"), 'img-src')
  t.notMatch(pages.error(view), '<header>')
})

t.test('the code is for developers', async (t) => {
  const page = pages.error({ ...view, code: 'GOOGLE_AUTH_X' })
  t.match(page, '<meta name="google-auth-error" content="GOOGLE_AUTH_X">')
  t.notMatch(page.slice(page.indexOf('<body>')), 'GOOGLE_AUTH_X')
})
