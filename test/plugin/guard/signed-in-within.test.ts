import t from 'tap'
import { ADA, CALENDAR, startApp, startGoogle } from '../../support/app.js'
import { startConnectApp } from '../../support/connect-app.js'

t.test('an older sign-in is asked for again', async (t) => {
  const now = Date.now
  let later = 0
  Date.now = () => now() + later
  t.teardown(() => void (Date.now = now))
  const google = await startGoogle(t)
  const { signedIn, app } = await startApp(t, google, {
    routes(app) {
      const { required } = app.googleAuth
      app.get('/me', { onRequest: required() }, (request) => request.googleUser)
      app.get('/young', { onRequest: required({ signedInWithin: 60 }) }, () => 'young')
      // Each visit comes two seconds after the sign-in.
      const late = async (): Promise<void> => void (later += 2000)
      app.get('/never', { onRequest: [late, required({ signedInWithin: 1 })] }, () => 'never')
      app.get('/scoped', { onRequest: required({ signedInWithin: 60, scopes: [CALENDAR] }) }, () => 'scoped')
    }
  })
  const ada = await signedIn()
  t.equal((await ada.navigate('/young')).status, 200)
  later += 90_000
  const asked = await ada.navigate('/young')
  t.equal(asked.status, 302)
  const { searchParams } = new URL(asked.location, 'http://x')
  t.match(Object.fromEntries(searchParams), { prompt: 'select_account', return_to: '/young', login_hint: ADA.sub })
  const api = await ada.fetch('/young')
  t.equal(api.status, 403)
  t.match(api.json(), { code: 'GOOGLE_AUTH_SIGN_IN_TOO_OLD', authorizeUrl: /prompt=select_account/ })
  const before = ((await ada.fetch('/me')).json() as { signedInAt: number }).signedInAt
  t.match(await ada.visit(google, '/young', ADA), { status: 200, text: 'young' })
  t.ok(((await ada.fetch('/me')).json() as { signedInAt: number }).signedInAt > before)
  later += 90_000
  t.match(await ada.visit(google, '/scoped', ADA), { status: 200, text: 'scoped' }, 'one visit for both')
  const never = await ada.visit(google, '/never', ADA)
  t.equal(never.status, 403, 'never in circles')
  t.match(never.text, 'Please sign in again')
  t.equal(never.hops.filter((hop) => hop.startsWith(google.issuer)).length, 1, 'once')
  for (const signedInWithin of [0, -1, '60', undefined] as never[])
    t.throws(() => app.googleAuth.required({ signedInWithin }), { name: 'TypeError', message: /signedInWithin/ })
  const connect = await startConnectApp(t, google)
  t.throws(() => connect.app.googleAuth.required({ signedInWithin: 60 }), {
    message: /with the option owner nobody does/
  })
})

t.test('authTime and amr, where Google sends them well-formed', async (t) => {
  const google = await startGoogle(t)
  const { signedIn } = await startApp(t, google)
  const user = async (claims: object): Promise<unknown> => {
    const end = google.tamper({ idToken: (all) => void Object.assign(all, claims) })
    const ada = await signedIn()
    end()
    return (await ada.fetch('/me')).json()
  }
  t.match(await user({ auth_time: 1_764_463_200, amr: ['pwd', 'mfa'] }), {
    authTime: 1_764_463_200_000,
    amr: ['pwd', 'mfa']
  })
  const odd = (await user({ auth_time: 'yesterday', amr: [1] })) as object
  t.notOk('authTime' in odd || 'amr' in odd)
})
