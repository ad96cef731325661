import { createHash } from 'node:crypto'
import t from 'tap'
import { pagePolicy, errorPage, noticePage } from '../../src/plugin/http/error-page.js'

const view = { title: 'Title', message: 'Message', statusCode: 403, code: 'CODE' }

t.test('the policy allows the one style of the page, and nothing else', async (t) => {
  const style = /<style>([^]*?)<\/style>/.exec(errorPage(view))![1]!
  t.match(pagePolicy("'none'"), `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`)
  t.match(pagePolicy("'none'"), "default-src 'none'")
  for (const page of [errorPage(view), noticePage({ title: 'A', message: 'B', continueUrl: '/' })]) {
    t.notMatch(page, /<script|<link|<img| style=|url\(|@import/)
    t.match(page, /<html lang="en">[^]*name="viewport"[^]*<title>[^]*<main>[^]*<h1>/)
  }
})

t.test('every text is escaped', async (t) => {
  const evil = '"><img src=x onerror=alert(1)>\'&'
  const page = errorPage({
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
  const linked = (tryAgainUrl: string) => /href="([^"]*)"/.exec(errorPage({ ...view, tryAgainUrl }))?.[1] ?? null
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
  const page = errorPage({
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
  const page = errorPage(view)
  t.notMatch(page, /<nav|<section|signed in as|undefined/)
  t.match(page, 'Error 403 · CODE')
})
