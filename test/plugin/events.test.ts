/** The lines of the log that a fleet is watched by: each has a stable `event`, and names people by their `sub` only. */
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { ADA, CALENDAR, EVENTS_PATH, GRACE, KATHERINE, startApp, startGoogle } from '../support/app.js'
import { startConnectApp } from '../support/connect-app.js'

const SCOPED = `/auth/start?scope=${encodeURIComponent(CALENDAR)}`
const LEVEL = { debug: 20, info: 30, warn: 40, error: 50 }
const OWN = { owner: ADA.sub, account: ADA.sub }

interface Line {
  event: string
  level: number
  [field: string]: unknown
}

/** The lines with an event, oldest first. They are taken out of the log. */
function eventsIn(log: string[]): Line[] {
  const lines = log.splice(0).map((line) => JSON.parse(line) as Line)
  return lines.filter((line) => 'event' in line)
}

/** Checks the lines with an event, all of them. */
function logged(t: Test, log: string[], expected: Record<string, unknown>[]): void {
  const lines = eventsIn(log)
  t.match(lines, expected)
  t.equal(lines.length, expected.length)
}

t.test('a sign-in, and what was refused', async (t) => {
  const google = await startGoogle(t)
  const { browser, log } = await startApp(t, google, {
    options: {
      onSignIn(_request, { user }) {
        if (user.sub === GRACE.sub) throw Object.assign(new Error('Not you'), { statusCode: 403 })
      }
    }
  })
  const ada = browser()
  await ada.visit(google, SCOPED, { sub: ADA.sub })
  logged(t, log, [{ event: 'google-auth.sign-in', level: LEVEL.info, kind: 'sign-in', ...OWN }])

  const refused = { event: 'google-auth.sign-in-refused', kind: 'sign-in' }
  await browser().visit(google, '/auth/start', { cancel: true, sub: GRACE.sub })
  await browser().navigate('/auth/return?code=4/none&state=none')
  await browser().visit(google, '/auth/start', { sub: GRACE.sub })
  google.failNext('token', { status: 400, body: { error: 'invalid_client' } })
  await browser().visit(google, '/auth/start', { sub: ADA.sub })
  const undo = google.tamper({ idToken: (claims) => void (claims['nonce'] = 'other') })
  await browser().visit(google, '/auth/start', { sub: ADA.sub })
  undo()
  logged(t, log, [
    { ...refused, level: LEVEL.info, code: 'GOOGLE_AUTH_AUTHORIZATION', reason: 'access_denied' },
    { ...refused, level: LEVEL.info, code: 'GOOGLE_AUTH_LOGIN_ATTEMPT', reason: 'missing' },
    { ...refused, level: LEVEL.info, code: '403', reason: 'refused_by_app' },
    { ...refused, level: LEVEL.error, code: 'GOOGLE_AUTH_EXCHANGE', reason: 'invalid_client' },
    { ...refused, level: LEVEL.info, code: 'GOOGLE_AUTH_ID_TOKEN', reason: 'mismatch' }
  ])
})

t.test('an error without a reason of its own is named by its code', async (t) => {
  const google = await startGoogle(t)
  const { browser, log } = await startApp(t, google, { options: { hostedDomain: 'workspace.example' } })
  google.tamper({ idToken: ({ hd: _, ...claims }) => ({ claims }) })
  await browser().visit(google, '/auth/start', { sub: KATHERINE.sub })
  logged(t, log, [{ code: 'GOOGLE_AUTH_HOSTED_DOMAIN', reason: 'hosted_domain' }])
})

t.test('a second round for a refresh token is no second sign-in', async (t) => {
  const google = await startGoogle(t)
  const { browser, log } = await startApp(t, google)
  // As with a user who granted access elsewhere before.
  let rounds = 0
  google.tamper({ tokenResponse: ({ refresh_token, ...body }) => (rounds++ === 0 ? body : { refresh_token, ...body }) })
  await browser().visit(google, '/auth/start', { sub: ADA.sub })
  t.equal(rounds, 2)
  logged(t, log, [{ event: 'google-auth.sign-in', ...OWN }])
})

t.test('a refresh, trouble with one, a lost grant', async (t) => {
  const google = await startGoogle(t)
  const { browser, log } = await startApp(t, google)
  const ada = browser()
  await ada.visit(google, SCOPED, { sub: ADA.sub })
  eventsIn(log)

  google.expireAccessTokens()
  await ada.fetch('/events')
  logged(t, log, [{ event: 'google-auth.refresh', level: LEVEL.debug, outcome: 'refreshed', ...OWN }])

  google.expireAccessTokens()
  google.failNext('token', { status: 400, body: { error: 'invalid_client' } })
  await ada.fetch('/events')
  logged(t, log, [
    { event: 'google-auth.refresh', level: LEVEL.warn, outcome: 'failed', reason: 'invalid_client', ...OWN }
  ])

  google.revokeGrant(ADA.sub)
  await ada.fetch('/events')
  logged(t, log, [
    {
      event: 'google-auth.grant-lost',
      level: LEVEL.info,
      reason: 'invalid_grant',
      likelyCause: 'revoked',
      ...OWN
    }
  ])
})

t.test('trouble behind a request, and in a run over idle grants, is one line each', async (t) => {
  const google = await startGoogle(t, { accessTokenLifetimeS: 200 })
  const { browser, log, app } = await startApp(t, google)
  const ada = browser()
  await ada.visit(google, SCOPED, { sub: ADA.sub })
  eventsIn(log)
  google.failNext('token', { status: 400, body: { error: 'invalid_client' } })
  t.equal((await ada.fetch('/events')).json().status, 200)
  const lines: Line[] = []
  while (lines.length === 0) {
    await sleep(5)
    lines.push(...eventsIn(log))
  }
  t.match(lines, [{ event: 'google-auth.refresh', level: LEVEL.warn, ...OWN }])
  t.equal(lines.length, 1)

  google.failNext('token', { status: 400, body: { error: 'invalid_client' }, times: 3 })
  t.match(await app.googleAuth.refreshIdle({ idleDays: 0 }), { failed: 1 })
  const failures = eventsIn(log)
  t.match(failures.at(-1), { event: 'google-auth.refresh', level: LEVEL.warn, reason: 'invalid_client', ...OWN })
})

t.test('revocations', async (t) => {
  const google = await startGoogle(t)
  const { browser, log } = await startApp(t, google)
  const ada = browser()
  await ada.visit(google, '/auth/start', { sub: ADA.sub })
  eventsIn(log)
  await ada.submit('/auth/revoke')
  logged(t, log, [{ event: 'google-auth.revoke', level: LEVEL.info, outcome: 'confirmed', ...OWN }])
  await ada.visit(google, '/auth/start', { sub: ADA.sub })
  eventsIn(log)
  google.failNext('revoke', { status: 500 })
  await ada.submit('/auth/revoke')
  logged(t, log, [
    { event: 'google-auth.revoke', level: LEVEL.warn, outcome: 'unconfirmed', reason: 'http_500', ...OWN }
  ])
})

t.test('connected accounts', async (t) => {
  const google = await startGoogle(t)
  const { of, connect, log, app } = await startConnectApp(t, google)
  const [ann, bob] = [of('ann'), of('bob')]
  await connect(ann, ADA)
  await connect(bob, ADA)
  await ann.visit(google, '/auth/start', { cancel: true })
  await app.googleAuth.revoke('ann')
  const url = `${google.apiOrigin}${EVENTS_PATH}`
  await app.googleAuth.clientFor('bob', ADA.sub).fetch(url)
  const [one, two] = ['ann', 'bob'].map((owner) => ({ owner, account: ADA.sub }))
  const lines = eventsIn(log).filter(({ level }) => level > LEVEL.debug)
  t.match(lines, [
    { event: 'google-auth.sign-in', kind: 'connect', ...one },
    { event: 'google-auth.sign-in', kind: 'connect', ...two },
    { event: 'google-auth.sign-in-refused', kind: 'connect', reason: 'access_denied' },
    { event: 'google-auth.revoke', outcome: 'kept', ...one }
  ])
  t.equal(lines.length, 4)
  t.notMatch(JSON.stringify(lines), ADA.email, 'no address')
})
