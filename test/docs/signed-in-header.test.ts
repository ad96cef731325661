/** docs/recipes/signed-in-header.md */
import t from 'tap'
import { buildApp } from '../../docs/examples/signed-in-header.js'
import { startGoogle } from '../support/app.js'
import { runProgram } from './program.js'

t.test('every page shows who is signed in, and is open to all', async (t) => {
  const google = await startGoogle(t)
  const eve = google.addUser({ email: 'eve@example.org', name: '<script>alert(1)</script>' })
  const { browser, origin } = await runProgram(t, google, buildApp)
  const one = browser()
  for (const path of ['/', '/prices?currency=eur']) {
    const page = await one.navigate(path)
    t.equal(page.status, 200)
    t.match(page.text, 'Sign in with Google')
    t.match(page.headers['cache-control'], 'no-store')
  }
  const link = /href="([^"]+)"/.exec((await one.navigate('/prices?currency=eur')).text)?.[1]?.replaceAll('&amp;', '&')
  const back = await one.visit(google, link ?? '', { sub: eve.sub })
  t.equal(back.hops.at(-1), `${origin}/prices?currency=eur`, 'back at the same page')
  t.match(back.text, '&lt;script&gt;alert(1)')
  t.notMatch(back.text, '<script>')
  const form = /action="([^"]+)"/.exec(back.text)?.[1]
  const out = await one.submit(form ?? '')
  t.match([out.status, out.location], [303, '/prices?currency=eur'])
  t.match((await one.navigate('/')).text, 'Sign in with Google')
  t.equal((await one.navigate(`/prices?${'x'.repeat(3_000)}`)).status, 200, 'a long address')
})
