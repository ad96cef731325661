/** A code is exchanged once by all apps on one Redis, an attempt takes one code, and forged codes are not sent to Google. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import type { UserBehavior } from '../../../src/emulator.js'
import type { GoogleAuthOptions } from '../../../src/index.js'
import { ADA, demoRoutes, GRACE, startApp, startGoogle, startRedisFor } from '../../support/app.js'
import { Browser } from '../../support/jar.js'

declare module 'fastify' {
  interface Session {
    cart?: string[]
  }
}

async function ownSessions(app: FastifyInstance): Promise<void> {
  await app.register(fastifyCookie)
  await app.register(fastifySession, { secret: 'x'.repeat(40), cookie: { secure: false } })
}

/** Two apps that share a redirect URI and Redis, like two processes of one app. */
async function fleet(t: Parameters<typeof startApp>[0], more: Partial<GoogleAuthOptions> = {}) {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const one = await startApp(t, google, { options: { redis: redis.url, ...more } })
  const redirectUri = `${one.origin}/auth/return`
  const two = await startApp(t, google, { options: { redis: redis.url, redirectUri, ...more } })
  /** A browser that comes back from Google to `url`, at app one and at app two. */
  const comingBack = async (user: UserBehavior = ADA) => {
    const browser = one.browser()
    const url = (await google.approve(await browser.start('?return_to=/me'), user)).slice(one.origin.length)
    const elsewhere = new Browser(one.origin, two.port)
    for (const [name, cookie] of browser.cookies) elsewhere.cookies.set(name, cookie)
    google.resetCounts()
    return { browser, elsewhere, url }
  }
  return { google, one, two, comingBack }
}

t.test('a double click, at two apps on one Redis', async (t) => {
  const { google, comingBack } = await fleet(t)
  for (const delayMs of [0, 300]) {
    const { browser, elsewhere, url } = await comingBack()
    if (delayMs > 0) google.failNext('token', { delayMs })
    const replies = await Promise.all([browser.navigate(url), elsewhere.navigate(url)])
    t.same(
      replies.map(({ status, location }) => [status, location]),
      [
        [302, '/me'],
        [302, '/me']
      ]
    )
    t.equal(google.count('token'), 1, 'one exchange')
    for (const each of [browser, elsewhere]) t.equal((await each.fetch('/me')).json().sub, ADA.sub)
    t.equal(browser.session, elsewhere.session, 'both have the same session')
    await browser.submit('/auth/signout')
    t.equal((await elsewhere.fetch('/me')).status, 401, 'and it ends for both')
  }
})

t.test('the second request needs the same attempt, and gets the same refusal', async (t) => {
  let refuse = false
  const { google, one, two, comingBack } = await fleet(t, {
    onSignIn() {
      if (refuse) throw Object.assign(new Error('Not on the list.'), { statusCode: 403 })
    }
  })
  const { browser, url } = await comingBack()
  const stranger = new Browser(one.origin, two.port)
  google.failNext('token', { delayMs: 300 })
  const first = browser.navigate(url)
  await sleep(100)
  t.equal((await stranger.navigate(url)).status, 400, 'another browser with the same link')
  t.equal((await first).status, 302)

  refuse = true
  const { browser: again, elsewhere, url: next } = await comingBack(GRACE)
  google.failNext('token', { delayMs: 300 })
  for (const reply of await Promise.all([again.navigate(next), elsewhere.navigate(next)])) {
    t.equal(reply.status, 403)
    t.match(reply.text, 'Not on the list.')
    t.match(reply.text, 'Use another account')
  }
  t.equal(google.count('token'), 1)
})

t.test('another code for the attempt of a sign-in that is under way elsewhere', async (t) => {
  const { google, comingBack } = await fleet(t)
  const { browser, elsewhere, url } = await comingBack()
  google.failNext('token', { delayMs: 300 })
  const first = browser.navigate(url)
  await sleep(100)
  const { status } = await elsewhere.navigate(url.replace(/code=[^&]*/, 'code=4/0Aanother'))
  t.equal(status, 400)
  t.equal(elsewhere.session, undefined)
  t.equal((await first).status, 302)
  t.equal((await browser.fetch('/me')).json().sub, ADA.sub)
  t.equal(google.count('token'), 1)
})

t.test('a double click at two apps that make the ids of their sessions themselves', async (t) => {
  const idGenerator = (): string => `of-the-app-${randomUUID()}`
  const { google, comingBack } = await fleet(t, { session: { idGenerator } })
  const { browser, elsewhere, url } = await comingBack()
  google.failNext('token', { delayMs: 300 })
  await Promise.all([browser.navigate(url), elsewhere.navigate(url)])
  for (const each of [browser, elsewhere]) t.equal((await each.fetch('/me')).json().sub, ADA.sub)
  t.match(browser.session, /of-the-app-/)
  t.equal(browser.session, elsewhere.session)
})

t.test('a double click keeps the data that one click keeps', async (t) => {
  const google = await startGoogle(t)
  for (const [kind, setup] of Object.entries({ ours: {}, 'registered by the app': { before: ownSessions } })) {
    const { browser } = await startApp(t, google, {
      ...setup,
      options: { keepAtSignIn: ['cart'] },
      routes(app, google) {
        demoRoutes(app, google)
        app.get('/fill', (request) => (request.session.cart = ['tea']))
        app.get('/cart', (request) => request.session.cart ?? [])
      }
    })
    const first = browser()
    await first.fetch('/fill')
    const url = (await google.approve(await first.start('?return_to=/me'), ADA)).slice(first.origin.length)
    const second = first.copy()
    google.failNext('token', { delayMs: 300 })
    await Promise.all([first.navigate(url), second.navigate(url)])
    for (const one of [first, second]) {
      t.equal((await one.fetch('/me')).status, 200, kind)
      t.same((await one.fetch('/cart')).json(), ['tea'], kind)
    }
  }
})

t.test('a second request gets the same error as the first one', async (t) => {
  const { google, one, two, comingBack } = await fleet(t)
  const { browser, elsewhere, url } = await comingBack()
  google.failNext('token', { delayMs: 300, status: 503, headers: { 'retry-after': '7' } })
  const replies = await Promise.all([browser.fetch(url), elsewhere.fetch(url)])
  for (const { status, headers } of replies)
    t.match({ status, headers }, { status: 503, headers: { 'retry-after': '7' } })
  t.same(replies[0].json(), replies[1].json())
  for (const { log } of [one, two]) t.match(log.join(''), 'A sign-in failed')
})

t.test('forged codes with one attempt', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  for (const options of [{}, { redis: redis.url }]) {
    const { browser } = await startApp(t, google, { options })
    const one = browser()
    const state = new URL(await one.start()).searchParams.get('state') ?? ''
    google.resetCounts()
    const forged = (code: string) => one.copy().navigate(`/auth/return?state=${state}&code=${encodeURIComponent(code)}`)
    const replies = await Promise.all(Array.from({ length: 40 }, (_, at) => forged(`4/0Aforged-${at}`)))
    for (const { status } of replies) t.equal(status, 400)
    t.equal(google.count('token'), 1, 'Google is asked once')
    for (let at = 0; at < 10; at++) t.equal((await forged(`4/0Alater-${at}`)).status, 400)
    t.equal(google.count('token'), 1, 'and not later')
  }
})

t.test('many attempts with forged codes at once', { timeout: 60_000 }, async (t) => {
  const google = await startGoogle(t)
  const { browser, signedIn } = await startApp(t, google)
  const states = await Promise.all(
    Array.from({ length: 300 }, async () => {
      const one = browser()
      return { one, state: new URL(await one.start()).searchParams.get('state') ?? '' }
    })
  )
  google.resetCounts()
  const undo = google.failNext('token', { hang: true, times: 300 })
  const replies = await Promise.all(
    states.map(({ one, state }) => one.navigate(`/auth/return?state=${state}&code=4/0Amade-up`))
  )
  t.equal(google.count('token'), 250, 'exchanges under way')
  t.same(new Set(replies.map(({ status }) => status)), new Set([503]))
  undo()
  t.equal((await (await signedIn()).fetch('/me')).status, 200, 'and sign-ins work again')
})
