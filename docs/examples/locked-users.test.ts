/** A test of the hook for security events, against a Google of its own. The app does not listen. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { startGoogleEmulator } from 'fastify-google-auth/emulator'
import { signIn } from 'fastify-google-auth/testing'
import { buildApp } from './locked-users.js'

test('a hijacked account is signed out, and locked', async (t) => {
  const google = await startGoogleEmulator()
  t.after(() => google.close())
  const [{ sub } = { sub: '' }] = google.users
  const locked = new Set<string>()
  const locks = { lock: async (sub: string) => void locked.add(sub), isLocked: async (sub: string) => locked.has(sub) }
  const { clientSecrets, issuer } = google
  const redirectUri = 'http://127.0.0.1:3000/auth/return'
  const start = () =>
    buildApp({ clientSecrets, issuer, redirectUri, secret: 'a secret of 32 or more characters' }, locks)

  // #region event
  const app = await start()
  const { headers } = await signIn(app, { sub })
  const { jwt } = await google.risc.sign('account-disabled', { sub, reason: 'hijacking' })
  const answer = await app.inject({
    method: 'POST',
    url: '/auth/risc',
    headers: { 'content-type': 'application/secevent+jwt' },
    payload: jwt
  })
  assert.equal(answer.statusCode, 202)
  assert.equal((await app.inject({ url: '/me', headers })).statusCode, 401, 'the session has ended')
  await app.close() // waits for the hook, which runs behind the answer
  assert.deepEqual([...locked], [sub])
  // #endregion

  const next = await start()
  t.after(() => next.close())
  await assert.rejects(signIn(next, { sub }), { statusCode: 403 })
})
