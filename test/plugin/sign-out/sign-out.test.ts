import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { ADA, GRACE, startApp, startGoogle, startRedisFor } from '../../support/app.js'
import type { Headers } from '../../support/jar.js'
import { eventually } from '../../support/redis.js'

const PATHS = ['/auth/signout', '/auth/revoke']
const PRIVATE = { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }

t.test('a request from another site is refused', async (t) => {
  const google = await startGoogle(t)
  const { signedIn, origin } = await startApp(t, google)
  const ada = await signedIn()
  const { port } = new URL(origin)
  const refused: Headers[] = [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'SAME-ORIGIN' },
    { 'sec-fetch-site': '' },
    { 'sec-fetch-site': 'cross-site', origin },
    { origin: 'null' },
    { origin: '' },
    { origin: 'https://evil.example' },
    { origin: `https://127.0.0.1:${port}` },
    { origin: `http://localhost:${port}` },
    { origin: 'http://127.0.0.1' },
    { origin: `${origin}/` },
    { origin: `${origin}.evil.example` },
    { origin: origin.toUpperCase() },
    { origin: 'https://evil.example', host: 'evil.example' },
    { origin: 'https://evil.example', 'x-forwarded-host': 'evil.example' }
  ]
  for (const path of PATHS) {
    for (const headers of refused) {
      const reply = await ada.send(path, { method: 'POST', headers })
      t.equal(reply.status, 403, `${path} ${JSON.stringify(headers)}`)
      t.equal(reply.json().code, 'GOOGLE_AUTH_CROSS_SITE')
      t.match(reply.headers, PRIVATE)
    }
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const reply = await ada.send(path, { method })
      t.ok([404, 405].includes(reply.status), `${method} ${path}: ${reply.status}`)
    }
    const form = await ada.submit(path, {}, { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' })
    t.equal(form.status, 403)
    t.match(form.headers['content-type'], /^text\/html/)
  }
  t.equal((await ada.fetch('/me')).status, 200, 'still signed in')
  t.equal(google.grants(ADA.sub).refreshTokens, 1)
})

t.test('a request from a page of the app, or from no page', async (t) => {
  const google = await startGoogle(t)
  const { signedIn, origin } = await startApp(t, google)
  const allowed: Headers[] = [
    {},
    { 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'none' },
    { origin },
    { 'sec-fetch-site': 'same-origin', origin }
  ]
  for (const path of PATHS) {
    for (const headers of allowed) {
      const ada = await signedIn()
      const reply = await ada.send(path, { method: 'POST', headers })
      t.equal(reply.status, 204, `${path} ${JSON.stringify(headers)}`)
      t.equal(reply.text, '')
      t.match(reply.headers, PRIVATE)
      t.equal(ada.session, undefined, 'the cookie is cleared')
    }
  }
})

t.test('every kind of body', async (t) => {
  const google = await startGoogle(t)
  const { signedIn } = await startApp(t, google, { options: { defaultReturnTo: '/bye' } })
  const bodies: [string | undefined, string][] = [
    ['application/x-www-form-urlencoded', 'a=b'],
    ['multipart/form-data; boundary=x', '--x--'],
    ['text/plain', 'x'],
    ['application/json', '{}'],
    ['application/json', '{broken'],
    ['application/json', ''],
    ['application/octet-stream', 'x'.repeat(100_000)],
    [undefined, '']
  ]
  for (const [type, body] of bodies) {
    const ada = await signedIn()
    const headers: Headers = type === undefined ? {} : { 'content-type': type }
    t.equal((await ada.copy().fetch('/auth/signout', { method: 'POST', headers, body })).status, 204, type ?? 'none')
    const form = await ada.navigate('/auth/signout', { method: 'POST', headers, body })
    t.equal(form.status, 303)
    t.equal(form.location, '/bye')
  }
  const ada = await signedIn()
  t.equal((await ada.submit('/auth/signout?return_to=/a%3Fb')).location, '/a?b')
  t.equal((await ada.submit('/auth/signout')).status, 303, 'without being signed in')
  t.equal((await ada.fetch('/auth/signout', { method: 'POST' })).status, 204)
})

t.test('a sign-out ends this session and no other; the grant stays', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  for (const options of [{}, { redis: redis.url }]) {
    const { signedIn, app } = await startApp(t, google, { options })
    const [one, other] = [await signedIn(), await signedIn()]
    const copied = one.copy()
    t.equal((await one.submit('/auth/signout')).status, 303)
    t.equal((await copied.fetch('/me')).status, 401, 'the copied cookie has ended at once')
    t.equal((await other.fetch('/me')).status, 200)
    t.ok(await app.googleAuth.storageFor(ADA.sub).get())
    t.equal(google.count('revoke'), 0)
    await app.googleAuth.signOutEverywhere(ADA.sub)
    t.equal((await other.fetch('/me')).status, 401)
    t.ok(await app.googleAuth.storageFor(ADA.sub).get(), 'the credentials stay')
    await app.googleAuth.signOutEverywhere('nobody')
  }
})

t.test('revoke ends the grant, the credentials and every session of that user', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  for (const options of [{}, { redis: redis.url }]) {
    google.resetCounts()
    const told: string[] = []
    const { signedIn, app } = await startApp(t, google, {
      options: {
        ...options,
        onRevoke: async ({ owner, account }) => {
          told.push(owner, account)
          t.equal((await other.fetch('/me')).status, 401, 'its sessions have ended when the app is told')
        },
        onSignOut: () => void told.push('out')
      }
    })
    const [one, other, grace] = [await signedIn(), await signedIn(), await signedIn(GRACE)]
    t.equal((await one.submit('/auth/revoke')).status, 303)
    for (const each of [one, other]) t.equal((await each.fetch('/me')).status, 401)
    t.equal((await grace.fetch('/me')).status, 200)
    t.equal(await app.googleAuth.storageFor(ADA.sub).get(), null)
    t.same(google.grants(ADA.sub), { scopes: [], refreshTokens: 0 })
    t.equal(google.count('revoke'), 1)
    t.ok(told.includes(ADA.sub))
    t.equal((await one.fetch('/auth/revoke', { method: 'POST' })).status, 401, 'nobody is signed in any more')
    t.equal((await one.visit(google, '/calendar', ADA)).status, 200, 'and can sign in again')
    await app.googleAuth.revoke(ADA.sub)
    t.equal((await one.fetch('/me')).status, 401, 'by the app')
    await app.googleAuth.revoke('nobody')
  }
})

t.test('Google fails', { timeout: 60_000 }, async (t) => {
  const google = await startGoogle(t)
  const failures: string[] = []
  const { signedIn, app, log } = await startApp(t, google, {
    options: { onRevokeFailed: ({ owner }, { code }) => void failures.push(`${owner} ${code}`) }
  })
  t.test('for a moment: done here at once, at Google later', async (t) => {
    const ada = await signedIn()
    google.failNext('revoke', { status: 503 })
    t.equal((await ada.submit('/auth/revoke')).status, 303)
    t.equal(await app.googleAuth.storageFor(ADA.sub).get(), null)
    t.equal((await ada.fetch('/me')).status, 401)
    await eventually(() => google.grants(ADA.sub).refreshTokens === 0)
    t.same(failures, [], 'no failure in the end')
  })
  t.test('the token has already ended', async (t) => {
    const ada = await signedIn()
    google.revokeGrant(ADA.sub)
    google.resetCounts()
    t.equal((await ada.fetch('/auth/revoke', { method: 'POST' })).status, 204)
    await sleep(1_300)
    t.equal(google.count('revoke'), 1, 'nothing to try again')
  })
  t.test('it does not answer: the response is sent', async (t) => {
    const ada = await signedIn()
    google.failNext('revoke', { hang: true })
    const before = performance.now()
    t.equal((await ada.fetch('/auth/revoke', { method: 'POST' })).status, 204)
    t.ok(performance.now() - before < 8_000, `${Math.round(performance.now() - before)} ms`)
    t.equal((await ada.fetch('/me')).status, 401)
  })
  t.test('for ever: the hook is told once, at the latest when the app closes', async (t) => {
    const ada = await signedIn(GRACE)
    google.failNext('revoke', { status: 500, times: 99 })
    t.equal((await ada.fetch('/auth/revoke', { method: 'POST' })).status, 204)
    const before = performance.now()
    await app.close()
    t.ok(performance.now() - before < 5_000, 'close() does not wait for long')
    t.equal(failures.filter((line) => line === `${GRACE.sub} GOOGLE_AUTH_REVOKE`).length, 1)
    t.notMatch(log.join(''), /1\/\/0|ya29\./)
  })
})

t.test('hooks that throw change nothing', async (t) => {
  const google = await startGoogle(t)
  const boom = (): never => {
    throw new Error('boom of a hook')
  }
  const { signedIn, log, app } = await startApp(t, google, {
    options: { onSignOut: boom, onRevoke: async () => boom(), onRevokeFailed: boom }
  })
  const [one, other] = [await signedIn(), await signedIn()]
  t.equal((await one.submit('/auth/signout')).status, 303)
  t.equal((await one.fetch('/me')).status, 401)
  t.equal((await other.submit('/auth/revoke')).status, 303)
  t.equal(await app.googleAuth.storageFor(ADA.sub).get(), null)
  t.match(
    log.filter((line) => line.includes('boom of a hook')),
    [/onSignOut/, /onRevoke/]
  )
})

t.test('hooks get the user', async (t) => {
  const google = await startGoogle(t)
  const told: unknown[] = []
  const { signedIn } = await startApp(t, google, {
    options: { onSignOut: async (request, user) => void told.push([request.url, user.sub, request.session]) }
  })
  const ada = await signedIn()
  await ada.submit('/auth/signout')
  t.match(told, [['/auth/signout', ADA.sub, null]], 'the session has ended')
  await ada.submit('/auth/signout')
  t.equal(told.length, 1, 'not when nobody was signed in')
})

t.test('a credential record that does not open can be revoked, and replaced by a sign-in', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const { signedIn } = await startApp(t, google, { options: { redis: redis.url } })
  const ada = await signedIn()
  const client = redis.client()
  const [key = ''] = await client.keys('*:grant:*')
  await client.set(key, 'garbage')
  t.equal((await ada.fetch('/me')).status, 200)
  t.match((await ada.fetch('/calendar')).json(), { code: 'GOOGLE_AUTH_SCOPE_REQUIRED' })
  t.equal((await ada.visit(google, '/events', ADA)).status, 200, 'replaced by a sign-in')
  await client.set(key, 'garbage')
  t.equal((await ada.submit('/auth/revoke')).status, 303)
  t.equal(await client.exists(key), 0)
})
