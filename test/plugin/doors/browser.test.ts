/** The doors in a real Chromium, with pages that use the script that the emulator has for Google's. */
import type { FastifyInstance } from 'fastify'
import type { BrowserContext, FrameLocator, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import type { GoogleEmulator } from '../../../src/emulator.js'
import { ADA, CALENDAR, demoRoutes, GRACE, startApp, startGoogle } from '../../support/app.js'
import { launchBrowser } from '../../support/browser.js'
import { serve } from '../../support/local-server.js'
import { freePort } from '../../support/redis.js'

const browser = await launchBrowser(t)

/** The host of the app, and that of Google. Two names are two sites; two ports of one host are one. */
const SITES = [
  ['localhost', '127.0.0.1'],
  ['127.0.0.1', 'localhost']
] as const

interface Scene {
  app: FastifyInstance
  google: GoogleEmulator
  origin: string
  context: BrowserContext
  page: Page
  /** `Sec-Fetch-Site` of each POST, by its path. */
  posts: [path: string, site: unknown][]
}

async function start(t: Test, host: string, googleHost: string, strict = true): Promise<Scene> {
  const google = await startGoogle(t, { strict })
  const port = await freePort()
  const origin = `http://${host}:${port}`
  google.addRedirectUri(`${origin}/auth/credential`)
  const script = `http://${googleHost}:${new URL(google.issuer).port}/gsi/client`
  const posts: Scene['posts'] = []
  const { app } = await startApp(t, google, {
    origin,
    port,
    options: { oneTap: true, codes: { popup: true }, defaultReturnTo: '/me' },
    before: (app) => {
      app.addHook('onRequest', async ({ method, url, headers }) => {
        if (method === 'POST') posts.push([url, headers['sec-fetch-site']])
      })
    },
    routes: (app) => {
      demoRoutes(app, google)
      pages(app, script, google.clientSecrets.web.client_id, origin)
    }
  })
  const context = await browser.newContext()
  t.teardown(() => context.close())
  context.setDefaultTimeout(20_000)
  return { app, google, origin, context, page: await context.newPage(), posts }
}

/** Posts what a callback of Google's script got, and goes to `/me`. */
const THEN = (path: string, body: string): string => `async (response) => {
  const headers = { 'content-type': 'application/json', 'x-requested-with': 'XmlHttpRequest' }
  const { status } = await fetch('${path}', { method: 'POST', headers, body: JSON.stringify(${body}) })
  if (status === 200) location.assign('/me')
  else document.body.append('refused: ' + status)
}`

function pages(app: FastifyInstance, script: string, clientId: string, origin: string): void {
  const head = `<!doctype html><meta charset="utf-8"><title>Page</title><script src="${script}" async></script>`
  const onload = `id="g_id_onload" data-client_id="${clientId}"`
  const uri = `data-login_uri="${origin}/auth/credential"`
  const button = '<div class="g_id_signin"></div>'
  const callback = `<script>signedIn = ${THEN('/auth/credential', '{ credential: response.credential }')}</script>`
  const content: Record<string, (nonce: string) => string> = {
    redirect: (nonce) =>
      `<div ${onload} ${uri} data-ux_mode="redirect" data-auto_prompt="false" ${nonce}></div>${button}`,
    'one-tap': (nonce) => `${callback}<div ${onload} data-callback="signedIn" ${nonce}></div>`,
    'one-tap-form': (nonce) => `<div ${onload} ${uri} ${nonce}></div>`,
    popup: (nonce) =>
      `${callback}<div ${onload} data-callback="signedIn" data-auto_prompt="false" ${nonce}></div>${button}`,
    // What does not fit: the return takes no code that /auth/start has not asked for.
    'code-redirect': () => `<button>Connect</button><script>
      document.querySelector('button').onclick = () => google.accounts.oauth2.initCodeClient({
        client_id: '${clientId}', scope: 'openid email', ux_mode: 'redirect', redirect_uri: '${origin}/auth/return', state: 'mine'
      }).requestCode()</script>`,
    code: () => `<button onclick="client.requestCode()">Connect</button><script>
      onGoogleLibraryLoad = () => {
        client = google.accounts.oauth2.initCodeClient({
          client_id: '${clientId}', scope: 'openid email ${CALENDAR}', state: 'mine',
          callback: ${THEN('/auth/code', '{ code: response.code }')},
          error_callback: ({ type }) => document.body.append(type)
        })
      }</script>`
  }
  for (const [name, body] of Object.entries(content)) {
    app.get(`/${name}`, (request, reply) => {
      const nonce = `data-nonce="${app.googleAuth.oneTapNonce(request, reply)}"`
      const { coop, referrer } = request.query as Record<string, string>
      if (coop) void reply.header('cross-origin-opener-policy', coop)
      if (referrer) void reply.header('referrer-policy', referrer)
      return reply.type('text/html').send(head + body(nonce))
    })
  }
}

const names = async (context: BrowserContext, part: string): Promise<string[]> =>
  (await context.cookies()).map(({ name }) => name).filter((name) => name.includes(part))

/** Waits for `/me`, and looks whether the session stays. */
async function isSignedIn(t: Test, { page, context, origin }: Scene, user: { sub: string }): Promise<void> {
  await page.waitForURL(`${origin}/me`)
  t.match(await page.locator('body').innerText(), user.sub)
  t.equal((await names(context, 'google-auth-session')).length, 1, 'one session cookie')
  await page.goto(`${origin}/me`)
  t.match(await page.locator('body').innerText(), user.sub, 'and it is kept')
}

const choose = (where: Pick<FrameLocator, 'getByRole'>, name = 'Ada Lovelace'): Promise<void> =>
  where.getByRole('button', { name }).click()

for (const [host, googleHost] of SITES) {
  t.test(`an app on ${host}, Google on ${googleHost}`, async (t) => {
    t.test('the button in redirect mode', async (t) => {
      const scene = await start(t, host, googleHost)
      const { page, context, origin, posts } = scene
      await page.goto(`${origin}/redirect`)
      t.equal((await names(context, 'nonce')).length, 1, 'Chromium keeps a Secure cookie of loopback')
      await page.getByRole('button', { name: 'Sign in with Google' }).click()
      await choose(page)
      await isSignedIn(t, scene, ADA)
      t.same(posts, [['/auth/credential', 'cross-site']], 'with the cookies of token and nonce')
      t.same(await names(context, 'nonce'), [], 'the nonce is used up')
    })

    t.test('One Tap with a callback', async (t) => {
      const scene = await start(t, host, googleHost)
      await scene.page.goto(`${scene.origin}/one-tap`)
      await choose(scene.page.frameLocator('iframe'))
      await isSignedIn(t, scene, ADA)
      t.same(scene.posts, [['/auth/credential', 'same-origin']])
      await scene.page.goto(`${scene.origin}/events`)
      await scene.page.getByRole('button', { name: 'Continue' }).click()
      await scene.page.waitForURL(`${scene.origin}/events`)
      t.match(await scene.page.locator('body').innerText(), '"status":200', 'scopes are one click, without the chooser')
    })

    t.test('the code client in a popup', async (t) => {
      const scene = await start(t, host, googleHost)
      const { page, context, origin, posts } = scene
      await page.goto(`${origin}/code`)
      const [popup] = await Promise.all([context.waitForEvent('page'), page.getByText('Connect').click()])
      await choose(popup)
      await popup.getByRole('button', { name: 'Continue' }).click()
      await isSignedIn(t, scene, ADA)
      t.same(posts, [['/auth/code', 'same-origin']])
      await page.goto(`${origin}/events`)
      t.match(await page.locator('body').innerText(), '"status":200', 'with credentials for the API')
    })
  })
}

t.test('One Tap with a form, and the button in a popup', async (t) => {
  const scene = await start(t, 'localhost', '127.0.0.1')
  const { page, context, origin, posts } = scene
  await page.goto(`${origin}/one-tap-form`)
  await choose(page.frameLocator('iframe'))
  await isSignedIn(t, scene, ADA)
  const before = await context.cookies()
  await page.goto(`${origin}/popup`)
  const [popup] = await Promise.all([context.waitForEvent('page'), page.getByText('Sign in with Google').click()])
  await choose(popup, 'Grace Hopper')
  await isSignedIn(t, scene, GRACE)
  t.same(
    posts.map(([, site]) => site),
    ['same-origin', 'same-origin'],
    'both come from the page'
  )
  const former = await browser.newContext()
  t.teardown(() => former.close())
  await former.addCookies(before)
  t.equal((await (await former.newPage()).request.get(`${origin}/me`)).status(), 401, 'the former session has ended')
})

t.test('the code client in redirect mode does not fit the return', async (t) => {
  const { page, context, origin } = await start(t, 'localhost', '127.0.0.1', false)
  await page.goto(`${origin}/code-redirect`)
  await page.waitForFunction('window.google')
  await page.getByText('Connect').click()
  await choose(page)
  const answer = page.waitForResponse((response) => response.url().startsWith(`${origin}/auth/return`))
  await page.getByRole('button', { name: 'Continue' }).click()
  t.equal((await answer).status(), 400)
  t.same(await names(context, 'google-auth-session'), [])
})

t.test('a page of another site', async (t) => {
  const { google, origin, context, page, posts } = await start(t, 'localhost', '127.0.0.1')
  const credential = await google.credential(GRACE.sub)
  const evil = await serve(t, (_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(`<form method="post" action="${origin}/auth/credential">
      <input name="credential" value="${credential}"><input name="g_csrf_token" value="x"><button>A prize</button></form>
      <script>
        const send = (path, type, body) => fetch('${origin}' + path,
          { method: 'POST', mode: 'no-cors', credentials: 'include', headers: { 'content-type': type }, body })
        sent = Promise.all([
          send('/auth/credential', 'text/plain', '{"credential":"${credential}"}'),
          send('/auth/code', 'text/plain', '{"code":"${google.code(GRACE.sub)}"}')
        ])
      </script>`)
  })
  await page.goto(evil)
  await page.evaluate('sent')
  const answer = page.waitForResponse(`${origin}/auth/credential`)
  await page.getByText('A prize').click()
  t.equal((await answer).status(), 400, 'as all that has no token of its own; a wrong credential is 401')
  t.same(posts.map(([path, site]) => `${path} ${String(site)}`).sort(), [
    '/auth/code cross-site',
    '/auth/credential cross-site',
    '/auth/credential cross-site'
  ])
  t.same(await names(context, 'google-auth-session'), [])
  t.equal(google.count('token'), 0, 'no code was exchanged')
})

t.test('what headers of the page break', async (t) => {
  const { origin, context, page } = await start(t, 'localhost', '127.0.0.1')
  const open = async (path: string, button: string): Promise<Page> => {
    await page.goto(origin + path)
    const [popup] = await Promise.all([context.waitForEvent('page'), page.getByText(button).click()])
    return popup
  }
  const cut = await open('/code?coop=same-origin', 'Connect')
  await page.getByText('popup_closed').waitFor()
  await choose(cut)
  await cut.getByRole('button', { name: 'Continue' }).click()
  t.match(await cut.getByText('it needs').innerText(), 'Cross-Origin-Opener-Policy: same-origin-allow-popups')
  const fine = await open('/code?coop=same-origin-allow-popups', 'Connect')
  await choose(fine)
  await page.waitForURL(`${origin}/me`)
  const hidden = await open('/popup?referrer=no-referrer', 'Sign in with Google')
  t.match(await hidden.locator('[data-explanation]').innerText(), 'Referer must name the origin')
})
