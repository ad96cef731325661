import t from 'tap'
import { ADA, CALENDAR, DRIVE, exchange, GRACE, KATHERINE, login, REDIRECT_URI, signIn, startFor } from './app.js'

const PLAIN = 'openid email profile'

const errorOf = (returned: string) => new URL(returned).searchParams.get('error')

t.test('Cancel brings access_denied back with the state', async (t) => {
  const google = await startFor(t)
  const { url, state } = login(google)
  const returned = new URL(await google.cancel(url, { sub: GRACE }))
  t.equal(returned.searchParams.get('error'), 'access_denied')
  t.equal(returned.searchParams.get('state'), state)
  t.equal(returned.searchParams.get('iss'), google.issuer)
  t.notOk(returned.searchParams.has('code'))
  t.same(google.grants(GRACE), { scopes: [], refreshTokens: 0 })
})

t.test('an unticked scope is not granted, and can be granted later', async (t) => {
  const google = await startFor(t)
  const first = await signIn(google, { scope: `${PLAIN} ${CALENDAR} ${DRIVE}`, untick: [CALENDAR] })
  t.notMatch(first.scope, CALENDAR)
  t.match(first.scope, DRIVE)

  const more = await signIn(google, { scope: `openid ${CALENDAR}`, login_hint: ADA })
  t.match(more.scope, CALENDAR)
  t.match(more.scope, DRIVE, 'include_granted_scopes brings the earlier grant along')
  t.match(more.scope, 'userinfo.profile')
  t.equal(google.grants(ADA).scopes.length, 5)

  const narrow = await signIn(google, { scope: `openid ${CALENDAR}`, include_granted_scopes: 'false' })
  t.equal(narrow.scope, `${CALENDAR} openid`)
  t.notMatch(JSON.parse(Buffer.from(narrow.id_token.split('.')[1], 'base64url').toString()), { email: String })
})

t.test('unticking everything is a denial when nothing else was asked', async (t) => {
  const google = await startFor(t)
  t.equal(
    errorOf(await google.approve(login(google, { scope: CALENDAR }).url, { untick: [CALENDAR] })),
    'access_denied'
  )
  await t.rejects(google.approve(login(google).url, { untick: [CALENDAR] }), { message: /no box for/ })
})

t.test('the consent page is skipped when all is granted, unless the app asks for it', async (t) => {
  const google = await startFor(t)
  const first = await signIn(google)
  t.ok(first.refresh_token)
  const { url } = login(google, { login_hint: 'ADA@example.com' })
  const response = await fetch(url, { redirect: 'manual' })
  t.equal(response.status, 303)
  t.match(response.headers.get('location'), REDIRECT_URI)
  await t.rejects(google.cancel(url), { message: /No consent page/ })
  await t.rejects(google.approve(url, { sub: GRACE }), { message: /login_hint names/ })

  t.equal((await signIn(google)).refresh_token, undefined, 'no refresh token without a consent')
  t.ok((await signIn(google, { prompt: 'consent' })).refresh_token)
  t.equal((await signIn(google, { prompt: 'consent', access_type: 'online' })).refresh_token, undefined)
  t.equal(google.grants(ADA).refreshTokens, 2)
})

t.test('granted scopes are shown on the page without a box', async (t) => {
  const google = await startFor(t)
  await signIn(google, { scope: `openid ${CALENDAR}` })
  const { url } = login(google, { scope: `openid ${CALENDAR} ${DRIVE}`, login_hint: ADA })
  const text = await (await fetch(url)).text()
  t.match(text, 'Already allowed')
  t.notMatch(text, `name="scope" value="${CALENDAR}"`)
  t.match(text, `name="scope" value="${DRIVE}"`)
  await t.rejects(google.approve(url, { untick: [CALENDAR] }), { message: /no box for/ })
})

t.test('prompt=none never shows a page', async (t) => {
  const google = await startFor(t)
  const silent = (changes: Record<string, string>) => google.approve(login(google, { prompt: 'none', ...changes }).url)
  t.equal(errorOf(await silent({})), 'login_required')
  t.equal(errorOf(await silent({ login_hint: 'stranger@example.com' })), 'login_required')
  t.equal(errorOf(await silent({ login_hint: ADA })), 'interaction_required')
  await signIn(google)
  t.equal(errorOf(await silent({ login_hint: ADA })), null)
})

t.test('the user can choose another account than the hint names', async (t) => {
  const google = await startFor(t)
  const attempt = login(google, { login_hint: ADA })
  const { body } = await exchange(google, await google.approve(attempt.url, { email: 'grace@example.com' }), attempt)
  t.match(Buffer.from(body.id_token.split('.')[1], 'base64url').toString(), GRACE)
  const chooser = await fetch(login(google, { login_hint: ADA, prompt: 'select_account' }).url)
  t.match(await chooser.text(), 'Choose an account')
})

t.test('with hd, only the accounts of the domain are shown', async (t) => {
  const google = await startFor(t)
  for (const hd of ['workspace.example', '*']) {
    const attempt = login(google, { hd, login_hint: ADA })
    await t.rejects(google.approve(attempt.url, { sub: ADA }), { message: /does not offer/ })
    const returned = await google.approve(attempt.url)
    const { body } = await exchange(google, returned, attempt)
    const claims = JSON.parse(Buffer.from(body.id_token.split('.')[1], 'base64url').toString())
    t.match(claims, { sub: KATHERINE, hd: 'workspace.example' })
  }
  await t.rejects(google.approve(login(google, { hd: 'other.example' }).url), { message: /does not offer anybody/ })
  await t.rejects(google.approve(login(google).url, { email: 'stranger@example.com' }), { name: 'TypeError' })
})

t.test('a typed address works if it is known, else the page says why not', async (t) => {
  const google = await startFor(t)
  google.addUser({ sub: 'o1', email: 'o"<b>@example.com', name: '<i>O</i>', givenName: 'O', familyName: 'B' })
  const page = await (await fetch(login(google).url)).text()
  t.match(page, 'this is not Google')
  t.match(page, '&lt;i&gt;O&lt;/i&gt;')
  t.notMatch(page, '<i>')
  const id = /name="id" value="([^"]+)"/.exec(page)![1]!
  const type = async (account: string) => {
    const body = new URLSearchParams({ id, account })
    return (await fetch(`${google.endpoints.authorization}/account`, { method: 'POST', body })).text()
  }
  t.match(await type('stranger@example.com'), 'find that account')
  t.match(await type('Ada@Example.com'), 'wants access')
  const gone = await fetch(`${google.endpoints.authorization}/consent`, { method: 'POST', body: new URLSearchParams() })
  t.equal(gone.status, 400)
})
