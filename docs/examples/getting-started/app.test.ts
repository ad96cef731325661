import assert from 'node:assert/strict'
import test from 'node:test'
import { signIn } from 'fastify-google-auth/testing'
import { buildApp } from './app.js'

const app = await buildApp({
  clientId: 'test',
  clientSecret: 'test',
  redirectUri: 'http://localhost:3000/auth/return',
  secret: 'a secret of 32 or more characters'
})

test('a user sees who they are, and nobody else does', async () => {
  const ada = await signIn(app, { email: 'ada@example.com' })
  const me = await app.inject({ url: '/me', headers: ada.headers })
  assert.equal(me.json().email, 'ada@example.com')
  assert.equal((await app.inject('/me')).statusCode, 401)
})

test('events need the calendar', async () => {
  const ada = await signIn(app)
  const refused = await app.inject({ url: '/events', headers: ada.headers })
  assert.equal(refused.json().code, 'GOOGLE_AUTH_SCOPE_REQUIRED')
})
