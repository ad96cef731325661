/** Errors about accounts: behind guards, in forms, and for arguments that name nothing. */
import t from 'tap'
import { Token } from '../../../src/core.js'
import { ADA, CALENDAR, EVENTS_PATH, KATHERINE, startApp, startGoogle, startRedisFor } from '../../support/app.js'
import { startConnectApp } from '../../support/connect-app.js'

t.test('an error of a handler is answered as the guard would', async (t) => {
  const google = await startGoogle(t)
  const { of, connect, app } = await startConnectApp(t, google, { scopes: ['email'] }, (app) => {
    const { required } = app.googleAuth
    const guarded = { onRequest: required({ scopes: 'email' }) }
    app.get('/foreign', guarded, async (request) => request.googleClientFor(KATHERINE.sub).token())
    app.get('/broken', guarded, () => {
      throw new Error('broken')
    })
    const wide = { onRequest: required({ scopes: [CALENDAR] }) }
    app.get('/api', wide, async (request) => request.googleClient.request({ url: google.apiOrigin + EVENTS_PATH }))
  })
  const ann = of('ann')
  await connect(ann, ADA)
  const foreign = (await ann.fetch('/foreign')).json()
  t.match(foreign, { statusCode: 403, code: 'GOOGLE_AUTH_ACCOUNT_NOT_CONNECTED' })
  t.match(foreign.authorizeUrl, KATHERINE.sub)
  t.equal((await ann.navigate('/foreign')).status, 302, 'a browser is sent to connect that account')
  t.equal((await ann.fetch('/broken')).status, 500)
  const { storageFor } = app.googleAuth
  await storageFor('ann').update((token) => token?.with({ scopes: [...token.scopes, CALENDAR] }) ?? null)
  t.equal((await ann.fetch('/api')).status, 502, 'a 403 of the API, and no scope is known to be missing')
  await storageFor('ann').update((token) => token?.with({ scopes: ['email'] }) ?? null)
  t.match((await ann.fetch('/api')).json(), { code: 'GOOGLE_AUTH_SCOPE_REQUIRED', missingScopes: [CALENDAR] })
})

t.test('a form that disconnects, with and without a user', async (t) => {
  const google = await startGoogle(t)
  const { of, connect, browser, app } = await startConnectApp(t, google)
  const ann = of('ann')
  await connect(ann, ADA)
  t.equal((await browser().fetch('/auth/revoke', { method: 'POST' })).status, 401)
  t.equal((await browser().submit('/auth/revoke')).status, 401)
  const done = await ann.submit('/auth/revoke?return_to=/accounts')
  t.match(done, { status: 303, location: '/accounts' })
  t.same(await app.googleAuth.accounts('ann'), [])
  t.equal((await ann.submit('/auth/revoke')).status, 303, 'also with nothing connected')
})

t.test('what cannot be the name of an owner or account is refused at once', async (t) => {
  const google = await startGoogle(t)
  const { app } = await startConnectApp(t, google)
  const { googleAuth } = app
  for (const name of ['', 7, undefined, 'x'.repeat(256), '\ud800', Promise.resolve('ann')] as string[]) {
    t.throws(() => googleAuth.clientFor(name), TypeError)
    t.throws(() => googleAuth.storageFor(name), TypeError)
    await t.rejects(googleAuth.accounts(name), TypeError)
    await t.rejects(googleAuth.revoke(name), TypeError)
    await t.rejects(googleAuth.makeDefault('ann', name), TypeError)
  }
  t.throws(() => googleAuth.required({ account: 'ada' } as never), /must be a function/)
  t.throws(() => googleAuth.required({ scope: 'email' } as never), /has no option scope/)
  await t.rejects(googleAuth.makeDefault('ann', ADA.sub), {
    code: 'GOOGLE_AUTH_ACCOUNT_NOT_CONNECTED',
    account: ADA.sub
  })
})

t.test('with Redis gone, nothing is taken for not connected', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const { of, connect, app } = await startConnectApp(t, google, { redis: redis.url })
  const ann = of('ann')
  await connect(ann, ADA)
  await redis.kill()
  for (const path of ['/accounts', '/connected', '/events', `/events/${ADA.sub}`])
    t.match(await ann.fetch(path), { status: 503 }, path)
  await t.rejects(app.googleAuth.status('ann'), { code: 'GOOGLE_AUTH_STORAGE' })
  await t.rejects(app.googleAuth.revoke('ann'), { code: 'GOOGLE_AUTH_STORAGE' })
  const { status } = await ann.fetch('/auth/start')
  t.equal(status, 302, 'and the start needs no Redis')
})

t.test('in sign-in mode, a client of an account that was not added is refused', async (t) => {
  const google = await startGoogle(t)
  const { signedIn, app } = await startApp(t, google, {
    routes: (app) =>
      void app.get('/other', { onRequest: app.googleAuth.required() }, async (request) =>
        request.googleClientFor(KATHERINE.sub).token()
      )
  })
  const ada = await signedIn()
  t.match((await ada.fetch('/other')).json(), { code: 'GOOGLE_AUTH_ACCOUNT_NOT_CONNECTED', account: undefined })
  t.same(await app.googleAuth.status('nobody'), { state: 'none', scopes: [], hasRefreshToken: false })
  t.same(await app.googleAuth.revoke('nobody'), { revokedAtGoogle: false })
})

t.test('an owner that cannot be one is an error, on guarded routes too', async (t) => {
  const google = await startGoogle(t)
  for (const owner of [async () => 'ann', () => '', () => 7, () => 'x'.repeat(256)]) {
    const { of } = await startConnectApp(t, google, { owner: owner as never })
    const ann = of('ann')
    for (const path of ['/connected', '/accounts', '/events', '/auth/start', '/auth/return?state=x&code=y']) {
      t.equal((await ann.fetch(path)).status, 500, path)
      t.equal((await ann.navigate(path)).status, 500, path)
    }
    t.equal((await ann.fetch('/auth/revoke', { method: 'POST' })).status, 500)
    t.equal((await ann.fetch('/')).status, 200, 'and other routes go on')
  }
})

t.test('in connect mode nobody is signed in with Google', async (t) => {
  const google = await startGoogle(t)
  const { of, connect, app } = await startConnectApp(t, google, {}, (app) => {
    app.get('/user', (request) => ({ user: request.googleUser }))
    app.get('/signed-in', (request) => request.signedInUser)
  })
  const ann = of('ann')
  await connect(ann, ADA)
  t.same((await ann.fetch('/user')).json(), { user: null })
  t.match((await ann.fetch('/signed-in')).json(), { code: 'GOOGLE_AUTH_LOGIN_REQUIRED' })
  await t.rejects(app.googleAuth.verifyIdToken('no.jwt.here'), { code: 'GOOGLE_AUTH_ID_TOKEN' })

  const slot = app.googleAuth.storageFor('ann')
  const before = await slot.get()
  await slot.put(before!.with({ scopes: ['email', 'openid'] }))
  t.same(
    (await app.googleAuth.status('ann')).scopes,
    ['email', 'openid'],
    'the slot of the default account takes a token'
  )
  await slot.delete()
  t.equal((await app.googleAuth.status('ann')).state, 'none')
  await t.rejects(slot.put(before!), { code: 'GOOGLE_AUTH_ACCOUNT_NOT_CONNECTED' }, 'and there is no default any more')
})

t.test('what is no token is refused, and spoils no listing', async (t) => {
  const redis = await startRedisFor(t)
  for (const options of [{}, { redis: redis.url }]) {
    const { app } = await startApp(t, await startGoogle(t), { options })
    const { storageFor, accounts } = app.googleAuth
    await storageFor('ada', 'good').put(Token.from({ accessToken: '', refreshToken: '1//0good', scopes: [] }))
    for (const wrong of [{}, { refresh_token: '1//0bad' }, 'text', null]) {
      const slot = storageFor('ada', 'bad')
      await t.rejects(slot.put(wrong as never), { name: 'TypeError', message: /takes a Token.*Token\.from/ })
      if (wrong !== null)
        await t.rejects(
          slot.update(() => wrong as never),
          { name: 'TypeError', message: /takes a Token/ }
        )
    }
    t.strictSame(
      (await accounts('ada')).map(({ account }) => account),
      ['good']
    )
  }
})
