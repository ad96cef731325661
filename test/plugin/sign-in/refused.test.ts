/** What a user sees after a refusal by the app or the domain, and after a return on another host name. */
import t from 'tap'
import { ADA, GRACE, KATHERINE, startApp, startGoogle } from '../../support/app.js'

const linkIn = (html: string): URL =>
  new URL(/href="(\/auth\/start[^"]*)"/.exec(html)?.[1]?.replaceAll('&amp;', '&') ?? '/', 'http://here.invalid')

t.test('a user with a refused account can choose another one', async (t) => {
  const google = await startGoogle(t)
  const no = Object.assign(new Error('You are not on the list.'), { statusCode: 403 })
  for (const [what, options] of [
    ['by the domain', { hostedDomain: 'workspace.example' }],
    [
      'by the app',
      {
        onSignIn: (_: unknown, { user }: { user: { sub: string } }) => {
          if (user.sub !== KATHERINE.sub) throw no
        }
      }
    ]
  ] as const) {
    const { browser } = await startApp(t, google, { options })
    const one = browser()
    // `hd` is only a hint, which the user can remove.
    const asked = (await one.start('?return_to=/me')).replace(/&hd=[^&]*/, '')
    const page = await one.navigate((await google.approve(asked, ADA)).slice(one.origin.length))
    t.equal(page.status, 403, what)
    t.match(page.text, 'Use another account')
    const link = linkIn(page.text)
    t.equal(link.searchParams.get('prompt'), 'select_account', 'Google shows its account chooser')
    t.equal(link.searchParams.get('return_to'), '/me', 'and the way back is kept')
    t.equal((await one.visit(google, link.pathname + link.search, KATHERINE)).json().sub, KATHERINE.sub)
    t.equal((await one.fetch('/me')).json().sub, KATHERINE.sub)
  }
})

t.test('an error of the app is answered by the app and does not blame Google', async (t) => {
  const google = await startGoogle(t)
  let failing = true
  const { browser, app } = await startApp(t, google, {
    before(app) {
      app.setErrorHandler((error: Error, _, reply) =>
        reply.code(500).type('text/html').send(`Our own page: ${error.message}`)
      )
    },
    options: {
      onSignIn: () => {
        if (failing) throw new Error('the database is down')
      }
    }
  })
  const one = browser()
  const page = await one.visit(google, '/me', GRACE)
  t.equal(page.status, 500)
  t.equal(page.text, 'Our own page: the database is down')
  t.equal(page.headers['cache-control'], 'no-store')
  t.equal(one.session, undefined)
  t.equal(await app.googleAuth.storageFor(GRACE.sub).get(), null, 'nothing is stored')
  t.equal(google.grants(GRACE.sub).refreshTokens, 1, 'and the fresh grant is not revoked')
  failing = false
  t.equal((await one.visit(google, '/me', GRACE)).json().sub, GRACE.sub)
})

t.test('an onSignIn that throws a value that is not an Error', async (t) => {
  const google = await startGoogle(t)
  for (const thrown of [undefined, null, 'no', { statusCode: 403 }] as unknown[]) {
    const { browser } = await startApp(t, google, {
      options: {
        onSignIn: () => {
          throw thrown as Error
        }
      }
    })
    const page = await browser().visit(google, '/me', ADA)
    t.match(page.json(), { statusCode: 500, message: 'A hook threw a value that is not an Error.' })
  }
})

t.test('an onSignIn that throws does not change googleUser', async (t) => {
  const google = await startGoogle(t)
  const seen: unknown[] = []
  let failing = false
  const { signedIn } = await startApp(t, google, {
    before(app) {
      app.addHook('onResponse', async (request) => {
        if (request.url.startsWith('/auth/return')) seen.push(request.googleUser?.sub)
      })
    },
    options: {
      onSignIn: (request) => {
        seen.push(request.googleUser?.sub)
        if (failing) throw Object.assign(new Error('no'), { statusCode: 403 })
      }
    }
  })
  const ada = await signedIn()
  failing = true
  seen.length = 0
  t.equal((await ada.visit(google, '/auth/start', GRACE)).status, 403)
  t.same(seen, [ADA.sub, ADA.sub])
  t.equal((await ada.fetch('/me')).json().sub, ADA.sub)
})

t.test('a return on another host name: the message names both hosts', async (t) => {
  const google = await startGoogle(t)
  const { browser, origin } = await startApp(t, google)
  const page = await browser().navigate('/auth/return?state=of-a-sign-in-begun-on-localhost&code=x')
  t.equal(page.status, 400)
  const { port } = new URL(origin)
  t.match(page.text, `localhost:${port}`)
  t.match(page.text, `127.0.0.1:${port}`)
})
