/** A test of a route for a service account, such as that of Cloud Scheduler, against a Google of its own. */
import assert from 'node:assert/strict'
import test from 'node:test'
import Fastify from 'fastify'
import googleAuth from 'fastify-google-auth'
import { startGoogleEmulator } from 'fastify-google-auth/emulator'

const JOBS = 'https://app.example.com/jobs'
const SCHEDULER = 'scheduler@my-project.iam.gserviceaccount.com'

test('Cloud Scheduler passes, and a user of Google does not', async (t) => {
  const google = await startGoogleEmulator()
  const app = Fastify()
  await app.register(googleAuth, {
    clientSecrets: google.clientSecrets,
    issuer: google.issuer,
    redirectUri: 'http://127.0.0.1:3000/auth/return',
    secret: 'a secret of 32 or more characters',
    bearer: { audiences: [JOBS] }
  })
  const onRequest = app.googleAuth.required({ bearer: true, emails: [SCHEDULER] })
  app.post('/jobs/nightly', { onRequest }, async () => 'done')
  t.after(() => Promise.all([app.close(), google.close()]))

  // #region call
  google.addUser({ email: SCHEDULER })
  const token = await google.credential(SCHEDULER, { audience: JOBS })
  const call = (authorization: string) =>
    app.inject({ method: 'POST', url: '/jobs/nightly', headers: { authorization } })
  assert.equal((await call(`Bearer ${token}`)).statusCode, 200)
  const ofAda = await google.credential('ada@example.com', { audience: JOBS })
  assert.equal((await call(`Bearer ${ofAda}`)).statusCode, 403)
  // #endregion
})
