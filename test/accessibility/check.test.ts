/** The check itself: it finds what is known to be wrong, under a policy that runs no scripts too. */
import t from 'tap'
import { launchBrowser } from '../support/browser.js'
import { findings } from '../support/inspect-page.js'

const page = (head: string, body: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title>${head}</head><body><main><h1>A page</h1>${body}</main></body></html>`

const DEFECTS: Readonly<Record<string, string>> = {
  'color-contrast': page('', '<p style="color: #aaa; background: #fff">Too pale</p>'),
  label: page('', '<input name="nameless">'),
  'html-has-lang': page('', '').replace(' lang="en"', ''),
  'target-size': page(
    '',
    '<button style="width: 9px; height: 9px">A</button><button style="width: 9px; height: 9px">B</button>'
  ),
  'heading-order': page('', '<h4>Too deep</h4>'),
  'color-contrast in dark': page(
    '<style>:root { color-scheme: light dark } @media (prefers-color-scheme: dark) { body { background: #111 } p { color: #444 } h1 { color: #fff } }</style>',
    '<p>Too dark</p>'
  ),
  'color-contrast that axe cannot decide': page(
    '<style>p { background: linear-gradient(#fff, #000) }</style>',
    '<p>Pale in one place</p>'
  )
}

t.test('known defects are found, and nothing on a good page', async (t) => {
  const browser = await launchBrowser(t)
  const tab = await browser.newPage()
  let content = page('', '<p>All is well.</p>')
  await tab.route('**', (route) =>
    route.fulfill({
      contentType: 'text/html',
      headers: { 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'" },
      body: content
    })
  )
  await tab.goto('http://page.test/')
  t.same(await findings(tab), [])
  for (const [defect, markup] of Object.entries(DEFECTS)) {
    content = markup
    await tab.emulateMedia({ colorScheme: defect.endsWith('dark') ? 'dark' : 'light' })
    await tab.goto('http://page.test/')
    const found = await findings(tab)
    t.equal(found.length > 0 && found.every((line) => line.startsWith(defect.split(' ')[0]!)), true, defect)
  }
})
